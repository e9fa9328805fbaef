package io.muxpool.copy;

import io.muxpool.ConnectionPool;
import io.muxpool.Ending;
import io.muxpool.Job;
import io.muxpool.PartialOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import net.schmizz.sshj.sftp.FileMode;
import net.schmizz.sshj.sftp.Response;
import net.schmizz.sshj.sftp.SFTPException;

/** Patterns in remote paths, as glob(3) has them, and looked for by SFTP. */
final class Glob {
    private static final String CLASSES = "alpha|digit|alnum|upper|lower|space|blank|punct|cntrl|graph|print|xdigit";

    private Glob() {}

    /** See {@link Copy#matches}. */
    static List<String> expand(ConnectionPool pool, String path, Job job) {
        if (!Names.isPattern(path)) {
            return List.of(path);
        }
        String doing = "looking for " + pool.remote() + ":" + Names.printable(path);
        try (Sftp sftp = Sftp.open(pool, job)) {
            return expand(sftp, sftp.expand(path), path);
        } catch (SFTPException e) {
            job.check(doing, Ending.notConfirmed("its channel was just closed"), PartialOutput.NONE);
            boolean lost = e.getStatusCode() == Response.StatusCode.UNKNOWN;
            throw new CopyException(doing + " failed: " + e.getMessage(), null, lost, e);
        } catch (IOException e) {
            job.check(doing, Ending.notConfirmed("its channel was just closed"), PartialOutput.NONE);
            throw new CopyException(
                    "the connection was lost while " + doing + " (" + e.getMessage() + ")", null, true, e);
        }
    }

    private static List<String> expand(Sftp sftp, String path, String given) throws IOException {
        if (type(sftp, path).isPresent()) {
            return List.of(given);
        }
        List<String> found = List.of(path.startsWith("/") ? "/" : "");
        for (String component : path.split("/+", -1)) {
            if (component.isEmpty()) {
                continue;
            }
            List<String> next = new ArrayList<>();
            for (String base : found) {
                if (Names.isPattern(component)) {
                    matches(sftp, base, component).forEach(name -> next.add(in(base, name)));
                } else {
                    next.add(in(base, component));
                }
            }
            found = next;
        }
        Map<String, FileMode.Type> types = new TreeMap<>();
        for (String one : found) {
            type(sftp, one).ifPresent(type -> types.put(one, type));
        }
        List<String> sorted = new ArrayList<>();
        types.forEach((name, type) -> {
            if (type == FileMode.Type.REGULAR) {
                sorted.add(name);
            }
        });
        types.keySet().stream().filter(name -> !sorted.contains(name)).forEach(sorted::add);
        return sorted.isEmpty() ? List.of(given) : List.copyOf(sorted);
    }

    private static String in(String base, String name) {
        return base.isEmpty() ? name : Names.in(base, name);
    }

    /** The type of the file at this path, links followed; empty when there is none, or it may not be seen. */
    private static Optional<FileMode.Type> type(Sftp sftp, String path) throws IOException {
        try {
            return Optional.of(sftp.stat(path).getType());
        } catch (SFTPException e) {
            if (e.getStatusCode() == Response.StatusCode.UNKNOWN) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static List<String> matches(Sftp sftp, String directory, String component) throws IOException {
        Pattern pattern = pattern(component);
        try {
            return sftp.list(directory.isEmpty() ? "." : directory).keySet().stream()
                    .filter(name -> component.startsWith(".") || !name.startsWith("."))
                    .filter(name -> pattern.matcher(name).matches())
                    .toList();
        } catch (SFTPException e) {
            if (e.getStatusCode() == Response.StatusCode.UNKNOWN) {
                throw e;
            }
            // Of a directory that cannot be read nothing matches, as in a shell.
            return List.of();
        }
    }

    /** A part of a path as a regular expression. */
    static Pattern pattern(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            int end = c == '[' ? bracketEnd(glob, i) : -1;
            if (c == '*') {
                regex.append(".*");
            } else if (c == '?') {
                regex.append('.');
            } else if (end > 0) {
                regex.append(bracket(glob.substring(i + 1, end)));
                i = end;
            } else if (c == '\\' && i + 1 < glob.length()) {
                i++;
                regex.append(quoted(glob.charAt(i)));
            } else {
                regex.append(quoted(c));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    private static String quoted(char c) {
        // Letters and digits would be commands behind a backslash, and half a surrogate pair would be torn from its
        // other.
        return c < 128 && !Character.isLetterOrDigit(c) ? "\\" + c : String.valueOf(c);
    }

    /** Where the bracket that begins there ends; -1 when it does not. */
    private static int bracketEnd(String glob, int begin) {
        int i = begin + 1;
        if (i < glob.length() && (glob.charAt(i) == '!' || glob.charAt(i) == '^')) {
            i++;
        }
        // The first one stands for itself.
        if (i < glob.length() && glob.charAt(i) == ']') {
            i++;
        }
        while (i < glob.length() && glob.charAt(i) != ']') {
            int named = glob.startsWith("[:", i) ? glob.indexOf(":]", i) : -1;
            i = named > 0 ? named + 2 : i + 1;
        }
        return i < glob.length() ? i : -1;
    }

    private static String bracket(String inside) {
        boolean not = inside.startsWith("!") || inside.startsWith("^");
        String members = inside.substring(not ? 1 : 0);
        StringBuilder regex = new StringBuilder(not ? "[^" : "[");
        for (int i = 0; i < members.length(); i++) {
            char c = members.charAt(i);
            int named = members.startsWith("[:", i) ? members.indexOf(":]", i) : -1;
            if (named > 0 && members.substring(i + 2, named).matches(CLASSES)) {
                String name = members.substring(i + 2, named);
                String java =
                        name.equals("xdigit") ? "XDigit" : Character.toUpperCase(name.charAt(0)) + name.substring(1);
                regex.append("\\p{").append(java).append('}');
                i = named + 1;
            } else if (c == '-'
                    && i > 0
                    && i < members.length() - 1
                    && members.charAt(i - 1) <= members.charAt(i + 1)) {
                regex.append('-');
            } else {
                regex.append(quoted(c));
            }
        }
        return regex.append(']').toString();
    }
}
