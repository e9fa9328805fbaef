package io.muxpool.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.muxpool.CommandResult;
import io.muxpool.Ending;
import io.muxpool.LeaseInfo;
import io.muxpool.copy.Copied;
import io.muxpool.fleet.HostOutcome;
import io.muxpool.fleet.HostResult;
import java.io.BufferedWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What {@code --json} prints. Field names are a contract with scripts. */
final class JsonReport {
    private static final int BUFFER = 32 * 1024;

    private JsonReport() {}

    /**
     * Writes the one object of {@code run --json}, and a line end. The outputs are not copied: a large one may not fit into
     * the heap twice.
     *
     * @throws UncheckedIOException when it cannot be written, as on a full disk
     */
    static void run(OutputStream out, List<String> argv, Outcome outcome, Duration elapsed) {
        Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), BUFFER);
        try (JsonGenerator json =
                new JsonFactory().createGenerator(text).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            run(json, argv, outcome, elapsed);
            json.writeRaw('\n');
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("standard output cannot be written: " + e.getMessage(), e);
        }
    }

    private static void run(JsonGenerator json, List<String> argv, Outcome outcome, Duration elapsed)
            throws IOException {
        @Nullable CommandResult result = outcome.result();
        json.writeStartObject();
        json.writeArrayFieldStart("argv");
        for (String word : argv) {
            json.writeString(word);
        }
        json.writeEndArray();
        json.writeStringField("outcome", outcome.word());
        number(json, "code", outcome.code());
        json.writeStringField("signal", outcome.signal());
        ending(json, outcome.ending());
        json.writeNumberField("elapsed_ms", elapsed.toNanos() / 1e6);
        json.writeBooleanField("reused", result != null && result.reused());
        number(json, "master_pid", result == null ? OptionalLong.empty() : result.masterPid());
        output(json, "stdout", result == null ? outcome.partial()::stdoutStream : result::stdoutStream);
        output(json, "stderr", result == null ? outcome.partial()::stderrStream : result::stderrStream);
        if (result != null && (result.stdoutTruncated() || result.stderrTruncated())) {
            json.writeBooleanField("truncated", true);
        }
        json.writeStringField("message", outcome.message());
        json.writeEndObject();
    }

    /** The line of a host of {@code fleet --json}. */
    static String host(HostResult result) {
        return write(json -> {
            HostOutcome outcome = result.outcome();
            json.writeStartObject();
            json.writeStringField("host", result.host());
            json.writeStringField("outcome", outcome.kind());
            number(json, "code", outcome instanceof HostOutcome.Exited exited ? exited.status() : null);
            json.writeStringField("signal", outcome instanceof HostOutcome.Signalled dead ? dead.name() : null);
            json.writeNumberField("elapsed_ms", result.elapsed().toNanos() / 1e6);
            json.writeBooleanField("reused", result.reused());
            output(json, "stdout", result.stdout());
            output(json, "stderr", result.stderr());
            if (result.truncated()) {
                json.writeBooleanField("truncated", true);
            }
            json.writeStringField("message", result.success() ? null : outcome.toString());
            json.writeEndObject();
        });
    }

    /**
     * The one object of {@code push --json} and {@code pull --json}, or a line of many.
     *
     * @param host null when there is but one
     */
    static String copies(@Nullable String host, List<Copied> copied, @Nullable Outcome failure) {
        return write(json -> {
            json.writeStartObject();
            if (host != null) {
                json.writeStringField("host", host);
            }
            json.writeStringField("outcome", failure == null ? "copied" : failure.word());
            json.writeArrayFieldStart("files");
            for (Copied file : copied) {
                json.writeStartObject();
                json.writeStringField("target", file.target());
                json.writeNumberField("bytes", file.bytes());
                json.writeNumberField("resumed", file.resumed());
                json.writeNumberField("elapsed_ms", file.elapsed().toNanos() / 1e6);
                json.writeNumberField("channels", file.channels());
                json.writeStringField("sha256", file.sha256().orElse(null));
                json.writeStringField("unverified", file.unverified().isEmpty() ? null : file.unverified());
                json.writeArrayFieldStart("notices");
                for (String notice : file.notices()) {
                    json.writeString(notice);
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeStringField("message", failure == null ? null : failure.message());
            json.writeEndObject();
        });
    }

    /** The one array of {@code leases --json}. */
    static String leases(List<LeaseInfo> leases) {
        return write(json -> {
            json.writeStartArray();
            for (LeaseInfo lease : leases) {
                json.writeStartObject();
                json.writeStringField("remote", lease.remote());
                json.writeStringField("pool", lease.pool());
                json.writeStringField("location", lease.location());
                json.writeStringField("mode", lease.mode());
                json.writeBooleanField("held", lease.held());
                number(json, "owner_pid", lease.owner());
                number(json, "master_pid", lease.masterPid());
                number(
                        json,
                        "master_age_s",
                        lease.masterAge()
                                .map(age -> OptionalLong.of(age.toSeconds()))
                                .orElse(OptionalLong.empty()));
                json.writeStringField("socket", lease.socket().toString());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    /** Writes whether a command that was given up is dead, and which of its processes live on. */
    private static void ending(JsonGenerator json, @Nullable Ending ending) throws IOException {
        json.writeFieldName("dead");
        json.writeObject(ending == null ? null : ending.fate() == Ending.Fate.CONFIRMED_DEAD);
        if (ending != null && !ending.survivors().isEmpty()) {
            json.writeArrayFieldStart("survivors");
            for (Ending.Survivor survivor : ending.survivors()) {
                json.writeStartObject();
                json.writeNumberField("pid", survivor.pid());
                json.writeStringField("owner", survivor.owner());
                json.writeStringField("command", survivor.command());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    private static void output(JsonGenerator json, String name, byte[] bytes) throws IOException {
        output(json, name, () -> new ByteArrayInputStream(bytes));
    }

    /** Text where it is text; bytes that are no UTF-8 would be lost in it, so they follow as they are, in base64. */
    private static void output(JsonGenerator json, String name, Supplier<InputStream> bytes) throws IOException {
        json.writeFieldName(name);
        json.writeString(new InputStreamReader(bytes.get(), StandardCharsets.UTF_8), -1);
        if (!isText(bytes.get())) {
            json.writeFieldName(name + "_base64");
            json.writeBinary(bytes.get(), -1);
        }
    }

    private static boolean isText(InputStream bytes) throws IOException {
        Reader text = new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder());
        char[] chunk = new char[BUFFER];
        try {
            int n = text.read(chunk);
            while (n >= 0) {
                n = text.read(chunk);
            }
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static void number(JsonGenerator json, String name, @Nullable Integer value) throws IOException {
        number(json, name, value == null ? OptionalLong.empty() : OptionalLong.of(value));
    }

    private static void number(JsonGenerator json, String name, OptionalLong value) throws IOException {
        if (value.isPresent()) {
            json.writeNumberField(name, value.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }

    private interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    private static String write(Body body) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("a string cannot fail", e);
        }
        return out.toString();
    }
}
