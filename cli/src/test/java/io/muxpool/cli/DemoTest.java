package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.testkit.LeakCheck;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
final class DemoTest {
    @RegisterExtension
    final LeakCheck leaks = LeakCheck.ignoringThreads(thread -> thread.getName().matches("muxpool-(pump|loop).*"));

    @Test
    void theDemoShowsEveryLineAndASecondProcessOnTheSameMaster() {
        StringWriter out = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out)).execute("demo", "--commands", "10");
        assertThat(code).isZero();
        assertThat(out.toString())
                .contains("plain ssh", "cold", "warm", "8 in parallel", "second process", "p99", "█")
                .contains("in two processes");
    }
}
