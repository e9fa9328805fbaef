package io.muxpool.internal.mux;

import io.muxpool.internal.stream.CaptureBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where one output of a command goes as it comes. The loop's thread puts in; whoever takes out says so through {@code
 * taken}, which is what lets the server send more. So no more is ever held than a receive window.
 */
sealed interface Inlet permits Inlet.Capturing, Inlet.Discarding, Inlet.Reading, QueueInlet {
    /** Bytes have come. Must not block. */
    void accept(ByteBuffer payload, IntConsumer taken);

    /** No more will come; with a reason when there should have. */
    void end(@Nullable IOException why);

    /** Keeps what its limit allows, and drops the rest. */
    record Capturing(CaptureBuffer buffer) implements Inlet {
        @Override
        public void accept(ByteBuffer payload, IntConsumer taken) {
            int size = payload.remaining();
            buffer.append(payload);
            taken.accept(size);
        }

        @Override
        public void end(@Nullable IOException why) {}
    }

    /** Hands everything to a reader that never blocks. */
    record Reading(Consumer<ByteBuffer> reader) implements Inlet {
        @Override
        public void accept(ByteBuffer payload, IntConsumer taken) {
            int size = payload.remaining();
            reader.accept(payload);
            taken.accept(size);
        }

        @Override
        public void end(@Nullable IOException why) {}
    }

    /** Drops everything. */
    record Discarding() implements Inlet {
        @Override
        public void accept(ByteBuffer payload, IntConsumer taken) {
            taken.accept(payload.remaining());
        }

        @Override
        public void end(@Nullable IOException why) {}
    }
}
