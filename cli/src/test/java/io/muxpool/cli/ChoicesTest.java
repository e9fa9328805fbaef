package io.muxpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muxpool.AttachPolicy;
import io.muxpool.TransportKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

final class ChoicesTest {
    @Test
    void everyWordThatIsOfferedMeansSomethingElseAndNothingIsLeftOut() {
        List<TransportKind> transports = new ArrayList<>();
        new Choices.Transports().forEach(word -> transports.add(Choices.transport(word)));
        assertThat(transports).containsExactly(TransportKind.values());
        List<AttachPolicy> policies = new ArrayList<>();
        new Choices.Attach().forEach(word -> policies.add(Choices.attach(word)));
        assertThat(policies).containsExactly(AttachPolicy.values());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AUTO", "auto ", "ssh"})
    void anythingElseIsRefusedWithTheWordsThatExist(String word) {
        assertThatThrownBy(() -> Choices.transport(word))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("auto, mux, process, plain");
        assertThatThrownBy(() -> Choices.attach(word))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("existing, create, new");
    }
}
