package io.muxpool.testkit;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a test could leave behind, at one moment: processes, threads and descriptors, each under a key that is not used
 * again in this JVM's life, with a way to describe it. Two snapshots subtract to what is new.
 */
final class LeakSnapshot {

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private final Map<String, Supplier<String>> resources = new TreeMap<>();

    private LeakSnapshot() {}

    static LeakSnapshot take(Predicate<Thread> ignored) {
        LeakSnapshot snapshot = new LeakSnapshot();
        snapshot.addProcesses();
        snapshot.addThreads(ignored);
        snapshot.addDescriptors();
        return snapshot;
    }

    /** Descriptions of what is here and was not there before. */
    List<String> newSince(LeakSnapshot before) {
        return resources.entrySet().stream()
                .filter(entry -> !before.resources.containsKey(entry.getKey()))
                .map(entry -> entry.getValue().get())
                .toList();
    }

    boolean hasNewSince(LeakSnapshot before) {
        return !before.resources.keySet().containsAll(resources.keySet());
    }

    private void addProcesses() {
        Processes.descendants(ProcessHandle.current().pid()).forEach(this::addProcess);
        Processes.commandLines().forEach((pid, line) -> {
            if (LeakCheck.isSsh(line) && ShortTemp.mentionedIn(line)) {
                addProcess(pid);
            }
        });
    }

    private void addProcess(long pid) {
        String started = ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().startInstant())
                .map(Object::toString)
                .orElse("");
        resources.put("process " + pid + " " + started, () -> "process " + pid + ": " + Processes.commandLine(pid));
    }

    private void addThreads(Predicate<Thread> ignored) {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            boolean watched = thread.getName().startsWith("muxpool")
                    || (!thread.isDaemon() && !thread.getName().startsWith("junit-"));
            if (watched && !ignored.test(thread)) {
                resources.put("thread " + thread.getId(), () -> describe(thread));
            }
        }
    }

    private static String describe(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .map(frame -> "\n        at " + frame)
                .collect(Collectors.joining("", "thread " + thread.getName() + " (" + thread.getState() + ")", ""));
    }

    private void addDescriptors() {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path entry : entries) {
                addDescriptor(entry);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException("Cannot list " + DESCRIPTORS, e);
        }
    }

    private void addDescriptor(Path entry) {
        try {
            String description = "descriptor " + entry.getFileName() + " -> " + Files.readSymbolicLink(entry);
            if (isWatched(Files.readSymbolicLink(entry).toString())) {
                resources.put(description, () -> description);
            }
        } catch (IOException e) {
            // Closed since it was listed, as that of the listing itself.
        }
    }

    /** Sockets and pipes (by inode, so unique) and temporary files; what class loading and the JDK open is noise. */
    private static boolean isWatched(String target) {
        if (target.startsWith("socket:") || target.startsWith("pipe:")) {
            return true;
        }
        boolean temporary = target.startsWith(System.getProperty("java.io.tmpdir", "/tmp") + "/")
                || target.contains("/" + ShortTemp.PREFIX);
        return temporary
                && !target.contains("/hsperfdata")
                && !target.endsWith(".jar")
                && !target.endsWith(".class")
                && !target.endsWith(".so");
    }
}
