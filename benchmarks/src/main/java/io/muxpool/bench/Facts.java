package io.muxpool.bench;

import com.jcraft.jsch.JSch;
import io.muxpool.bench.result.Machine;
import io.muxpool.testkit.Ssh;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.schmizz.sshj.SSHClient;
import org.apache.sshd.client.SshClient;

/** The machine, and the versions of what was measured. */
final class Facts {
    private static final Pattern CPU = Pattern.compile("(?m)^model name\\s*: *(.*)$");
    private static final Pattern VERSION = Pattern.compile("-([0-9][0-9A-Za-z.]*)\\.jar$");

    private Facts() {}

    static Machine gather() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Processors", Runtime.getRuntime().availableProcessors() + processorModel());
        facts.put(
                "System",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        facts.put("Java", System.getProperty("java.vm.name") + " " + Runtime.version());
        facts.put("OpenSSH", sshVersion());
        facts.put("jsch", JSch.VERSION);
        facts.put("sshj", version(SSHClient.class));
        facts.put("mina sshd", version(SshClient.class));
        return new Machine(facts);
    }

    private static String processorModel() {
        try {
            Matcher model = CPU.matcher(Files.readString(Path.of("/proc/cpuinfo")));
            return model.find() ? " × " + model.group(1) : "";
        } catch (IOException e) {
            // Not Linux.
            return "";
        }
    }

    private static String sshVersion() {
        try {
            Process ssh = new ProcessBuilder(Ssh.program(), "-V")
                    .redirectErrorStream(true)
                    .start();
            String text = new String(ssh.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            ssh.waitFor();
            return text;
        } catch (IOException e) {
            return "unknown: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }

    /** By the name of its jar: not every library tells its own. */
    private static String version(Class<?> of) {
        Matcher name = VERSION.matcher(
                String.valueOf(of.getProtectionDomain().getCodeSource().getLocation()));
        return name.find() ? name.group(1) : "unknown";
    }
}
