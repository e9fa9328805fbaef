package io.muxpool.internal.master;

import io.muxpool.Job;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * The pace of this process's logins to each server, whichever pools make them: a login waits for its turn at every server
 * that it passes (the jump hosts and the host itself), and a refused handshake is tried again after a pause that all
 * logins to that server keep. Logins to different servers do not wait for each other.
 *
 * <p>Thread-safe. A server is named by its resolved host and port.
 */
public final class LoginPace {
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Condition CHANGED = LOCK.newCondition();
    // Guarded by LOCK.
    private static final Map<String, ServerPace> SERVERS = new HashMap<>();

    /** Servers whose pace is remembered. */
    private static final int MOST_SERVERS = 10_000;

    /** Refusals without a login of anybody's in between: this server lets nobody in. It takes about two seconds. */
    static final int MOST_IN_A_ROW = 6;

    private static final int MOST_IN_ALL = 100;
    private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(5);

    /** What ssh says when the server closes before it has named its version; before OpenSSH 7.9 with another word. */
    private static final Pattern REFUSED =
            Pattern.compile("(kex|ssh)_exchange_identification: .*(Connection (closed|reset) by|Broken pipe).*");

    private static final Pattern CLOSED = Pattern.compile("Connection (closed|reset) by .*");

    /** And what it says when that has another cause. */
    private static final Pattern OTHER_CAUSE = Pattern.compile(".*(stdio forwarding failed|open failed"
            + "|Permission denied|Host key verification failed|Could not resolve|connect to host|Unable to negotiate"
            + "|Too many authentication failures|[Cc]onfiguration|not found|timed out).*");

    private static final String VERSION = "kex_exchange_identification():";
    private static final String KEYS = "SSH2_MSG_NEWKEYS received";

    private LoginPace() {}

    /**
     * Whether ssh's words say that a server closed the connection before or during the key exchange, and nothing else.
     * Nothing of a command ran then.
     *
     * @param log all that ssh said
     * @param complaints those of its lines that say what went wrong
     */
    public static boolean isRefusal(Collection<String> log, Collection<String> complaints) {
        boolean closed = has(complaints, REFUSED) || (has(complaints, CLOSED) && isInKeyExchange(log));
        return closed && !has(complaints, OTHER_CAUSE);
    }

    /** Told by the lines that {@link ServerFacts#LOG_VERBOSE} asks for. */
    private static boolean isInKeyExchange(Collection<String> log) {
        return log.stream().anyMatch(line -> line.contains(VERSION) && line.contains(ServerFacts.VERSION_SAID))
                && log.stream().noneMatch(line -> line.contains(KEYS));
    }

    private static boolean has(Collection<String> lines, Pattern pattern) {
        return lines.stream().anyMatch(line -> pattern.matcher(line).matches());
    }

    /**
     * A login that is about to be made.
     *
     * @param servers the host first, then its jump hosts from the nearest on; empty where nobody knows
     */
    public static Login login(List<String> servers) {
        return new Login(servers);
    }

    /** One login, with all of its tries. Used by one thread. */
    public static final class Login implements AutoCloseable {
        private final List<String> servers;
        private final long arrived = System.nanoTime();
        private boolean begun;
        private long startedAt;
        private int refusals;
        private int inARow;
        private long successesBefore;

        private Login(List<String> servers) {
            this.servers = List.copyOf(servers);
        }

        /**
         * Waits until a login may begin, which is counted until {@link #close}, {@link #answered} or {@link #refused}.
         *
         * @throws io.muxpool.JobException when the job ends first
         */
        public void begin(Job job, String doing) {
            await(job, doing, true);
        }

        /** As {@link #begin}; keeps the pauses after refusals, and does not count. */
        public void pause(Job job, String doing) {
            await(job, doing, false);
        }

        private void await(Job job, String doing, boolean counts) {
            job.check(doing);
            try (Job.Registration registration = job.onCancel(LoginPace::wakeAll)) {
                LOCK.lock();
                try {
                    long now = System.nanoTime();
                    for (long wait = waitNanos(now, counts); wait > 0; wait = waitNanos(now, counts)) {
                        job.check(doing);
                        long remaining = CHANGED.awaitNanos(Math.min(wait, job.remainingNanos()));
                        now = System.nanoTime();
                        if (remaining <= 0) {
                            job.check(doing);
                        }
                    }
                    startedAt = now;
                    begun = counts;
                    if (counts) {
                        servers.forEach(server -> pace(server).begin(startedAt));
                    }
                } finally {
                    LOCK.unlock();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                job.check(doing);
            }
        }

        private long waitNanos(long now, boolean counts) {
            long most = 0;
            for (String server : servers) {
                ServerPace pace = pace(server);
                most = Math.max(most, counts ? pace.waitNanos(now) : pace.pauseNanos(now));
            }
            return most;
        }

        /** The login came to an end that is no refused handshake. */
        public void answered() {
            LOCK.lock();
            try {
                long now = System.nanoTime();
                servers.forEach(server -> pace(server).answered(now));
                leave();
            } finally {
                LOCK.unlock();
            }
        }

        /**
         * The server has refused the handshake.
         *
         * @return whether it is to be tried again within this job: {@link #begin} waits until then
         */
        public boolean refused(Collection<String> complaints, Job job) {
            LOCK.lock();
            try {
                long now = System.nanoTime();
                List<String> refusing = refusing(complaints);
                long successes = 0;
                long pause = 0;
                leave();
                for (String server : refusing) {
                    ServerPace pace = pace(server);
                    pace.refused(startedAt, now, ThreadLocalRandom.current().nextDouble());
                    successes += pace.successes();
                    pause = Math.max(pause, pace.pauseNanos(now));
                }
                refusals++;
                inARow = successes == successesBefore ? inARow + 1 : 1;
                successesBefore = successes;
                return !servers.isEmpty()
                        && inARow < MOST_IN_A_ROW
                        && refusals < MOST_IN_ALL
                        && now - arrived < MOST_NANOS
                        && job.remainingNanos() > pause;
            } finally {
                LOCK.unlock();
            }
        }

        /**
         * A jump host is reached by an ssh of its own, which complains before the one that waits for it: two complaints are
         * of the jump hosts, one is of the host.
         */
        private List<String> refusing(Collection<String> complaints) {
            long said = complaints.stream()
                    .filter(line -> REFUSED.matcher(line).matches())
                    .count();
            if (servers.size() < 2) {
                return servers;
            }
            return said > 1 ? servers.subList(1, servers.size()) : servers.subList(0, 1);
        }

        /** How often the handshake was refused. */
        public int refusals() {
            return refusals;
        }

        private void leave() {
            if (begun) {
                begun = false;
                servers.forEach(server -> pace(server).end(startedAt));
                CHANGED.signalAll();
            }
        }

        /** It is on its way no more. */
        @Override
        public void close() {
            LOCK.lock();
            try {
                leave();
                servers.forEach(server -> {
                    if (pace(server).isFresh()) {
                        SERVERS.remove(server);
                    }
                });
            } finally {
                LOCK.unlock();
            }
        }
    }

    private static ServerPace pace(String server) {
        if (SERVERS.size() >= MOST_SERVERS && !SERVERS.containsKey(server)) {
            // Those that somebody is about to log in to are made again by their next word.
            SERVERS.clear();
        }
        return SERVERS.computeIfAbsent(server, name -> new ServerPace());
    }

    private static void wakeAll() {
        LOCK.lock();
        try {
            CHANGED.signalAll();
        } finally {
            LOCK.unlock();
        }
    }
}
