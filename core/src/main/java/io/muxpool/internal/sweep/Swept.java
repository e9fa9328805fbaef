package io.muxpool.internal.sweep;

import io.muxpool.Ending;
import java.util.List;

/** What a sweep found. */
public sealed interface Swept {
    /** No process of the command is left. */
    record Clean() implements Swept {}

    /** These live on, and could not be killed. */
    record Left(List<Ending.Survivor> survivors) implements Swept {}

    /**
     * Nobody can tell.
     *
     * @param why as a clause
     */
    record NotLooked(String why) implements Swept {}
}
