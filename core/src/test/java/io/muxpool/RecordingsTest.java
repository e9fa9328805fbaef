package io.muxpool;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import io.muxpool.testkit.OpenSshServer;
import io.muxpool.testkit.ShortTemp;
import io.muxpool.testkit.Ssh;
import io.muxpool.testkit.SshEndpoint;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Flight Recorder gets to see. */
@Timeout(120)
class RecordingsTest {
    @Test
    void aRecordingHoldsTheConnectionItsChannelsAndItsCommands() throws Exception {
        try (ShortTemp temp = ShortTemp.create();
                OpenSshServer server = OpenSshServer.start();
                Recording recording = new Recording()) {
            recording.start();
            Remote remote = Remote.builder(SshEndpoint.ALIAS)
                    .sshProgram(Ssh.program())
                    .configFile(server.clientConfig())
                    .socketDir(temp.path())
                    .build();
            try (ConnectionPool pool = ConnectionPool.open(remote, "recorded")) {
                pool.run("echo", "recorded").check();
                pool.run("echo", "recorded").check();
            }
            recording.stop();
            Path file = temp.resolve("recording.jfr");
            recording.dump(file);
            LeakCheck.endMasters(temp.path());
            List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("io.muxpool."))
                    .toList();
            assertThat(events)
                    .extracting(event -> event.getEventType().getName())
                    .contains(
                            "io.muxpool.Connect",
                            "io.muxpool.SlotWait",
                            "io.muxpool.Open",
                            "io.muxpool.Exec",
                            "io.muxpool.Command");
            assertThat(events)
                    .filteredOn(event -> event.getEventType().getName().equals("io.muxpool.Command"))
                    .allSatisfy(event -> {
                        assertThat(event.getString("command")).isEqualTo("echo recorded");
                        assertThat(event.getString("outcome")).isEqualTo("success");
                        assertThat(event.getString("remote")).isEqualTo("box");
                        assertThat(event.getDuration("took")).isPositive();
                    });
        }
    }
}
