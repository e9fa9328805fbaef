package io.muxpool.internal.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.muxpool.Command;
import io.muxpool.Ending;
import io.muxpool.Exit;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.JobTimeoutException;
import io.muxpool.NotStartedException;
import io.muxpool.OutcomeUnknownException;
import io.muxpool.Output;
import io.muxpool.PoolEvent;
import io.muxpool.Remote;
import io.muxpool.internal.master.ControlMaster;
import io.muxpool.internal.master.ServerFacts;
import io.muxpool.internal.transport.SessionNotOpenedException.Why;
import io.muxpool.testkit.Answer;
import io.muxpool.testkit.Attached;
import io.muxpool.testkit.FakeMaster;
import io.muxpool.testkit.Frame;
import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.MuxRequest;
import io.muxpool.testkit.Script;
import io.muxpool.testkit.Script.Hook;
import io.muxpool.testkit.ShortTemp;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What no sshd does, and a broken or hostile one might: each a clear error within its time, never a hang or a wrong end. */
@Timeout(120)
class HostileMasterTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    private final ShortTemp temp = ShortTemp.create();
    private final FakeMaster master = FakeMaster.start(temp.resolve("s"));
    private final Link link = link(LinkOwner.NONE);

    private Link link(LinkOwner owner) {
        Remote remote = Remote.builder("box").killGrace(Duration.ofMillis(200)).build();
        MuxTransport.Options options = new MuxTransport.Options(8, 1, Duration.ofSeconds(60), 16 * 1024 * 1024);
        return new MuxTransport(remote, options, Map.of(), null, false, false)
                .link(new ControlMaster(remote, temp.resolve("s")), owner);
    }

    @AfterEach
    void close() {
        link.close();
        try {
            master.close();
        } catch (AssertionError e) {
            // It complains of connections that its own script broke. Where nothing may be broken, the test has closed
            // it.
            return;
        } finally {
            temp.close();
        }
    }

    private Link.Ran run(Job job) throws Exception {
        return link.run(Command.of("echo", "hi"), job);
    }

    private Link.Ran run() throws Exception {
        return run(Job.withTimeout(Duration.ofSeconds(20)));
    }

    @Test
    void aPoliteOneIsServedWellAndSentNothingBesidesChannelMessages() throws Exception {
        master.hello(4, "a-new@extension", "0")
                .serve(Script.polite().stdout("hi\n").exit(3));
        for (int i = 0; i < 3; i++) {
            Link.Ran ran = run();
            assertThat(ran.exit()).isEqualTo(new Exit.Exited(3));
            assertThat(new String(ran.stdout().bytes(), UTF_8)).isEqualTo("hi\n");
        }
        link.close();
        assertThat(master.frames()).allSatisfy(frame -> {
            assertThat(frame.type()).isBetween(90, 100);
            assertThat(frame.padding()).isZero();
        });
        assertNothingFollowsAClose(master.frames());
        master.close();
    }

    private static void assertNothingFollowsAClose(List<Frame> frames) {
        List<Integer> closed = frames.stream()
                .filter(frame -> frame.type() == Frame.CLOSE)
                .map(Frame::recipient)
                .toList();
        assertThat(closed).doesNotHaveDuplicates().isNotEmpty();
        for (int id : closed) {
            List<Frame> about = frames.stream()
                    .filter(frame -> frame.type() != Frame.OPEN && frame.recipient() == id)
                    .toList();
            assertThat(about.get(about.size() - 1).type()).isEqualTo(Frame.CLOSE);
        }
    }

    @Test
    void anUploadKeepsWithinTheWindow() throws Exception {
        // The script is as strict as sshd: a byte too many ends the connection.
        master.serve(Script.polite());
        byte[] much = new byte[5_000_000];
        Link.Ran ran =
                link.run(Command.of("cat").withStdin(Input.bytes(much)), Job.withTimeout(Duration.ofSeconds(20)));
        assertThat(ran.exit()).isEqualTo(new Exit.Exited(0));
        master.close();
    }

    /** Anything behind our CLOSE makes sshd drop the whole connection (trap T8). */
    @Test
    void aServerThatClosesInTheMiddleOfAnUploadIsSentNothingBehindOurClose() throws Exception {
        Map<Integer, Integer> payloads = new ConcurrentHashMap<>();
        master.serve(Script.polite()
                .onRequest(
                        "exec",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.adjust(id, 1_000_000);
                        }))
                .on(Frame.DATA, (client, id, frame) -> {
                    if (payloads.merge(id, 1, Integer::sum) == 20) {
                        client.exitStatus(id, 0);
                        client.close(id);
                    }
                    return true;
                })
                .on(Frame.CLOSE, (client, id, frame) -> true));
        for (int i = 0; i < 20; i++) {
            InputStream endless = new InputStream() {
                @Override
                public int read() {
                    return 0;
                }

                @Override
                public int read(byte[] to, int start, int length) {
                    return length;
                }
            };
            Link.Ran ran = link.run(
                    Command.of("head").withStdin(Input.stream(endless)), Job.withTimeout(Duration.ofSeconds(20)));
            assertThat(ran.exit()).isEqualTo(new Exit.Exited(0));
        }
        link.close();
        assertNothingFollowsAClose(master.frames());
    }

    static Stream<Arguments> breaches() {
        return Stream.of(
                breach("the end of the socket", (client, id, frame) -> close(client::closeSocket)),
                breach(
                        "a frame without an end",
                        (client, id, frame) -> close(() -> {
                            client.raw((byte) 0, (byte) 0, (byte) 0, (byte) 50, (byte) 0, (byte) 94, (byte) 0);
                            client.closeSocket();
                        })),
                breach(
                        "a length beyond all bounds",
                        (client, id, frame) -> close(() -> client.raw((byte) -1, (byte) -1, (byte) -1, (byte) -1))),
                breach(
                        "a frame of one byte",
                        (client, id, frame) ->
                                close(() -> client.raw((byte) 0, (byte) 0, (byte) 0, (byte) 1, (byte) 0))),
                breach("a disconnect", (client, id, frame) -> close(() -> client.message(1, new byte[12]))),
                breach("a global request", (client, id, frame) -> close(() -> client.message(80, new byte[12]))),
                breach(
                        "data for a channel that is not there",
                        (client, id, frame) -> close(() -> client.data(4711, new byte[5]))),
                breach(
                        "an answer that nobody asked for",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.success(id);
                        })),
                breach("a second confirmation", (client, id, frame) -> close(() -> client.confirm(id, 99, 0, 32768))),
                breach(
                        "a payload above the largest that we allow",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.data(id, new byte[32 * 1024 + 1]);
                        })),
                breach(
                        "a window beyond 32 bits",
                        (client, id, frame) -> close(() -> {
                            client.adjust(id, 0xffff_ffffL);
                            client.adjust(id, 0xffff_ffffL);
                        })),
                breach(
                        "a status, and then the end of the socket",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.exitStatus(id, 0);
                            client.closeSocket();
                        })),
                breach(
                        "CLOSE without a status",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.close(id);
                        })));
    }

    private static Arguments breach(String what, Hook hook) {
        return Arguments.of(what, hook);
    }

    private static boolean close(Runnable action) {
        action.run();
        return true;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("breaches")
    void whatComesBehindACommandLeavesItsOutcomeUnknown(String what, Hook hook) {
        master.serve(Script.polite().onRequest("exec", hook));
        assertThatThrownBy(this::run).as(what).isInstanceOf(OutcomeUnknownException.class);
    }

    /**
     * A write to a master that is gone fails at once, while what it said last still waits to be read. One thread reads for
     * all: held up, it cannot have read that before.
     */
    @Test
    void theEndOfACommandIsHeardThoughAWriteFindsTheMasterGoneBefore() throws Exception {
        master.serve(Script.polite().onRequest("exec", HostileMasterTest::beginToTakeInput));
        Started cat = link.start(Command.of("cat"), Job.create());
        Attached client = master.attached(Duration.ofSeconds(5));
        write(cat);
        whileTheLoopIsHeldUp(() -> {
            client.exitStatus(0, 3);
            client.close(0);
            client.closeSocket();
            awaitGreeting();
            write(cat);
        });
        assertThat(cat.exited().get(30, TimeUnit.SECONDS)).isEqualTo(new Exit.Exited(3));
    }

    /** What is heard of a master that is gone may be that a channel is open; nothing is begun on it. */
    @Test
    void aCommandForAChannelThatAMasterOpenedLastIsNotStartedAndItsInputIsWhole() throws Exception {
        master.serve(Script.polite()
                .on(Frame.OPEN, (client, id, frame) -> id == 1)
                .onRequest("exec", HostileMasterTest::beginToTakeInput));
        Started cat = link.start(Command.of("cat"), Job.create());
        Attached client = master.attached(Duration.ofSeconds(5));
        write(cat);
        ByteArrayInputStream input = new ByteArrayInputStream(new byte[1000]);
        ExecutorService elsewhere = Executors.newSingleThreadExecutor();
        try {
            Future<Link.Ran> waiting =
                    elsewhere.submit(() -> link.run(Command.of("wc").withStdin(Input.stream(input)), Job.create()));
            whileTheLoopIsHeldUp(() -> {
                client.confirm(1, 7, 1000, 32_768);
                client.closeSocket();
                awaitGreeting();
                write(cat);
            });
            assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(
                            SessionNotOpenedException.class,
                            e -> assertThat(e.inputIntact()).isTrue());
            assertThat(input.available()).isEqualTo(1000);
        } finally {
            elsewhere.shutdown();
        }
    }

    private static boolean beginToTakeInput(Attached client, int id, Frame frame) {
        client.success(id);
        client.adjust(id, 1000);
        return true;
    }

    private interface Deed {
        void run() throws Exception;
    }

    /** Does it while nothing is read. */
    private void whileTheLoopIsHeldUp(Deed deed) throws Exception {
        HoldUp holdUp = new HoldUp();
        Link holding = link(holdUp);
        ExecutorService elsewhere = Executors.newSingleThreadExecutor();
        try {
            Future<Started> holder = elsewhere.submit(() -> holding.start(Command.of("cat"), Job.create()));
            assertThat(holdUp.begun.await(10, TimeUnit.SECONDS)).isTrue();
            deed.run();
            holdUp.over.countDown();
            assertThat(holder.get(30, TimeUnit.SECONDS)).isNotNull();
        } finally {
            holdUp.over.countDown();
            elsewhere.shutdown();
            holding.close();
        }
    }

    /** The master closes a socket for good when it next looks at all of them, and so before it greets one more. */
    private void awaitGreeting() throws IOException {
        try (SocketChannel one = SocketChannel.open(UnixDomainSocketAddress.of(master.socket()))) {
            assertThat(one.read(ByteBuffer.allocate(1))).isOne();
        }
    }

    private static void write(Started cat) throws IOException {
        cat.stdin().write(new byte[100]);
        cat.stdin().flush();
    }

    /** Holds the loop up once its link's first channel is open. */
    private static final class HoldUp extends Stranger {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch over = new CountDownLatch(1);

        @Override
        public void happened(Supplier<PoolEvent> event) {
            if (event.get() instanceof PoolEvent.ChannelOpened) {
                begun.countDown();
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** Knows only that its server takes no marks. */
    private static class Stranger implements LinkOwner {
        @Override
        public void happened(Supplier<PoolEvent> event) {}

        @Override
        public int sessionsAllowed() {
            return Integer.MAX_VALUE;
        }

        @Override
        public void learned(int sessions) {}

        @Override
        public void outOfService(int sessions) {}

        @Override
        public void oneAtATime() {}

        @Override
        public void unresponsive() {}

        @Override
        public void lingering(int change) {}

        @Override
        public void leftBehind(int change) {}

        @Override
        public ServerFacts server() {
            return ServerFacts.UNKNOWN.withVariables(false);
        }

        @Override
        public void serverKnown(ServerFacts facts, boolean news) {}
    }

    /** Whether it takes a variable is asked before the first command: silence must not hold that up for ever. */
    @Test
    void aServerThatNeverAnswersTheQuestionAboutMarksStillRunsTheCommand() throws Exception {
        master.serve(Script.polite().stdout("hi\n").exit(0).onRequest("env", (client, id, frame) -> true));
        Link asking = link(new Stranger() {
            @Override
            public ServerFacts server() {
                return ServerFacts.UNKNOWN;
            }
        });
        try {
            Link.Ran ran = asking.run(Command.of("echo", "hi"), Job.withTimeout(Duration.ofSeconds(60)));
            assertThat(ran.stdout().bytes()).asString().isEqualTo("hi\n");
        } finally {
            asking.close();
        }
    }

    @Test
    void moreDataThanTheWindowHoldsEndsTheConnection() throws Exception {
        int window = 2 * 1024 * 1024;
        byte[] payload = new byte[32 * 1024];
        master.serve(Script.polite()
                .onRequest(
                        "exec",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            for (int sent = 0; sent <= window; sent += payload.length) {
                                client.data(id, payload);
                            }
                        })));
        // Nobody reads, so nothing more is allowed.
        Started started = link.start(Command.of("flood"), Job.create());
        assertThatThrownBy(() -> started.exited().get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(OutcomeUnknownException.class)
                .rootCause()
                .hasMessageContaining("into a window of 0");
    }

    /** As mina does: the channel that it was for had closed, and the master had given its number to the next. */
    @Test
    void anAnswerBehindACloseDoesNotHarmTheNextChannel() throws Exception {
        master.serve(Script.polite().stdout("hi\n").exit(0).on(Frame.OPEN, (client, id, frame) -> {
            client.failure(id);
            return false;
        }));
        for (int i = 0; i < 3; i++) {
            assertThat(new String(run().stdout().bytes(), UTF_8)).isEqualTo("hi\n");
        }
        link.close();
        assertNothingFollowsAClose(master.frames());
        master.close();
    }

    /** As mina does, too: it has read the rest of a command's input. */
    @Test
    void whatIsSaidBehindACloseHarmsNobody() throws Exception {
        master.serve(Script.polite()
                .onRequest(
                        "exec",
                        (client, id, frame) -> close(() -> {
                            client.success(id);
                            client.exitStatus(id, 0);
                            client.close(id);
                            client.adjust(id, 1000);
                            client.exitStatus(id, 0);
                        }))
                .on(Frame.CLOSE, (client, id, frame) -> true));
        for (int i = 0; i < 3; i++) {
            assertThat(run().exit()).isEqualTo(new Exit.Exited(0));
        }
        link.close();
        assertNothingFollowsAClose(master.frames());
    }

    @Test
    void aRefusedCommandIsNotStarted() {
        master.serve(Script.polite().onRequest("exec", (client, id, frame) -> close(() -> client.failure(id))));
        assertThatThrownBy(this::run).isInstanceOf(NotStartedException.class).hasMessageContaining("refused to run");
    }

    @Test
    void aRefusedChannelPutsTheConnectionOutOfServiceAndLeavesItsSocketOpen() {
        master.serve(Script.polite().on(Frame.OPEN, (client, id, frame) -> close(() -> client.refuse(id, 1, "full"))));
        SessionNotOpenedException first = catchThrowableOfType(SessionNotOpenedException.class, this::run);
        assertThat(first.why()).isEqualTo(Why.OUT_OF_SERVICE);
        assertThat(first).hasMessageContaining("full");
        SessionNotOpenedException second = catchThrowableOfType(SessionNotOpenedException.class, this::run);
        assertThat(second.why()).isEqualTo(Why.OUT_OF_SERVICE);
        assertThat(master.attached(Duration.ofSeconds(5)).awaitClosed(Duration.ofMillis(300)))
                .isFalse();
    }

    @Test
    void theEndOfTheSocketBeforeTheConfirmationIsNotStarted() {
        master.serve(Script.polite().on(Frame.OPEN, (client, id, frame) -> close(client::closeSocket)));
        SessionNotOpenedException e = catchThrowableOfType(SessionNotOpenedException.class, this::run);
        assertThat(e.why()).isEqualTo(Why.GONE);
        assertThat(e.inputIntact()).isTrue();
    }

    @Test
    void silenceBeforeTheConfirmationEndsWithTheDeadlineAsNotStarted() {
        master.serve(Script.polite().on(Frame.OPEN, (client, id, frame) -> true));
        JobTimeoutException e =
                catchThrowableOfType(JobTimeoutException.class, () -> run(Job.withTimeout(Duration.ofMillis(500))));
        assertThat(e.ending()).isEqualTo(Ending.notStarted());
        // Closing waits 2 s for the answer, and then no longer.
        long start = System.nanoTime();
        link.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(6));
    }

    @Test
    void silenceBehindTheCommandEndsWithTheDeadlineAndClaimsNoDeath() {
        master.serve(Script.polite().on(Frame.REQUEST, (client, id, frame) -> true));
        long start = System.nanoTime();
        JobTimeoutException e =
                catchThrowableOfType(JobTimeoutException.class, () -> run(Job.withTimeout(Duration.ofMillis(500))));
        assertThat(e.ending().fate()).isEqualTo(Ending.Fate.NOT_CONFIRMED);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
    }

    @Test
    void aDeniedProxyIsAnErrorWithItsReason() {
        master.answer(MuxRequest.PROXY, Answer.permissionDenied("not today"));
        SessionNotOpenedException e = catchThrowableOfType(SessionNotOpenedException.class, this::run);
        assertThat(e).hasMessageContaining("not today");
        assertThat(e.why()).isEqualTo(Why.GONE);
    }

    @Test
    void anAnswerThatIsNoAnswerToTheWishForProxyModeIsAnError() {
        byte[] garbage = new byte[64];
        Arrays.fill(garbage, (byte) 0x7f);
        master.answer(MuxRequest.PROXY, Answer.raw(garbage));
        assertThat(catchThrowableOfType(SessionNotOpenedException.class, this::run)
                        .why())
                .isEqualTo(Why.GONE);
    }

    @Test
    void anEndlessOutputIsCutAtItsLimitAndNotHeld() throws Exception {
        byte[] chunk = new byte[32 * 1024];
        master.serve(Script.polite().onRequest("exec", (client, id, frame) -> {
            client.success(id);
            for (int i = 0; i < 60; i++) {
                client.data(id, chunk);
            }
            client.exitStatus(id, 0);
            client.eof(id);
            client.close(id);
            return true;
        }));
        Link.Ran ran =
                link.run(Command.of("yes").withStdout(Output.capture(1000)), Job.withTimeout(Duration.ofSeconds(20)));
        assertThat(ran.stdout().bytes()).hasSize(1000);
        assertThat(ran.stdout().truncated()).isTrue();
    }
}
