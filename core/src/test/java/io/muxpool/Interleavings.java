package io.muxpool;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/** What Lincheck does with the operations of a test: scenarios of its own making, each in many interleavings. */
public final class Interleavings {
    private Interleavings() {}

    /** Of two operations that a test has, each once. */
    public static void ofPair(Class<?> test) {
        threads(2, 1)
                .iterations(1)
                .invocationsPerIteration(500)
                .actorsBefore(0)
                .actorsAfter(0)
                .check(test);
    }

    /** Of two threads with three operations each, one operation before them and one behind. */
    public static void ofTwo(Class<?> test) {
        several(threads(2, 3), test);
    }

    /** Of three threads with two operations each, one operation before them and one behind. */
    public static void ofThree(Class<?> test) {
        several(threads(3, 2), test);
    }

    private static ModelCheckingOptions threads(int threads, int operations) {
        return new ModelCheckingOptions().threads(threads).actorsPerThread(operations);
    }

    private static void several(ModelCheckingOptions scenarios, Class<?> test) {
        scenarios
                .iterations(6)
                .invocationsPerIteration(300)
                .actorsBefore(1)
                .actorsAfter(1)
                .check(test);
    }
}
