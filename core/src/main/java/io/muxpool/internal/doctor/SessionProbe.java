package io.muxpool.internal.doctor;

import io.muxpool.Command;
import io.muxpool.Input;
import io.muxpool.Job;
import io.muxpool.Output;
import io.muxpool.internal.master.PathUnusableException;
import io.muxpool.internal.transport.Link;
import io.muxpool.internal.transport.SessionNotOpenedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Counts the sessions that a server allows on one connection, by opening one after another and keeping them. Each runs
 * {@code cat}, is known to be open by the byte that comes back, and ends with the end of its input: nothing is left there.
 */
final class SessionProbe {
    private static final int ENOUGH = 16;

    private SessionProbe() {}

    /**
     * @param limited whether a further session was refused; false when the probe had seen enough
     * @param why what was seen of the refusal
     */
    record Result(int sessions, boolean limited, String why) {}

    /**
     * @throws io.muxpool.SshException when a session failed otherwise than by being refused
     * @throws io.muxpool.JobException when the job ends first
     */
    static Result count(Link link, Job job) {
        List<Session> open = new ArrayList<>();
        try {
            while (open.size() < ENOUGH) {
                Session session = new Session(link, job);
                if (!session.opens(job)) {
                    return new Result(open.size(), true, session.why);
                }
                open.add(session);
            }
            return new Result(open.size(), false, "");
        } finally {
            open.forEach(Session::end);
        }
    }

    private static final class Session {
        private final CountDownLatch ended = new CountDownLatch(1);
        private final CompletableFuture<Boolean> opened = new CompletableFuture<>();
        private final Thread thread;
        private volatile String why = "";

        Session(Link link, Job job) {
            Command cat = Command.of("cat")
                    .withStdin(Input.stream(new OneByteThenWait()))
                    .withStdout(Output.stream(new Echo()))
                    .withStderr(Output.discard());
            thread = new Thread(() -> run(link, cat, job), "muxpool-probe");
            thread.setDaemon(true);
            thread.start();
        }

        private void run(Link link, Command cat, Job job) {
            try {
                Link.Ran ran = link.run(cat, job);
                why = "a session in which cat was to run ended at once (" + ran.exit() + ")";
                opened.complete(false);
            } catch (SessionNotOpenedException | PathUnusableException e) {
                why = String.valueOf(e.getMessage());
                opened.complete(false);
            } catch (RuntimeException e) {
                opened.completeExceptionally(e);
            }
        }

        boolean opens(Job job) {
            try {
                return opened.get(job.remainingNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                end();
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            } catch (TimeoutException e) {
                // The check below says so.
            }
            end();
            job.check("counting sessions");
            throw new AssertionError("the probe ended without a reason");
        }

        void end() {
            ended.countDown();
            try {
                thread.join(TimeUnit.SECONDS.toMillis(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private final class OneByteThenWait extends InputStream {
            private boolean given;

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (!given) {
                    given = true;
                    buffer[offset] = '.';
                    return 1;
                }
                try {
                    ended.await();
                    return -1;
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0];
            }
        }

        private final class Echo extends OutputStream {
            @Override
            public void write(int b) {
                opened.complete(true);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                opened.complete(true);
            }
        }
    }
}
