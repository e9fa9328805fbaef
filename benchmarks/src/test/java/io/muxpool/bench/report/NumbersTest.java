package io.muxpool.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.muxpool.bench.result.Chart.Axis;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "16|16.0",
                "16.04|16.0",
                "9.996|10.0",
                "0.12345|0.123",
                "5|5.00",
                "130.4|130",
                "1234|1,230",
                "1234567|1,230,000",
                "0|0",
                "-2.5|-2.50",
                "0.000012|0.0000120",
                "0.00000001|1.00e-08",
                "2e15|2.00e+15",
                "NaN|–",
                "Infinity|–"
            })
    void whatWasMeasuredHasThreeDigits(double value, String shown) {
        assertThat(Numbers.measured(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"0|0", "20|20", "1.25|1.25", "1000|1,000", "0.1|0.1", "0.30000000000000004|0.3", "NaN|–"})
    void whatWasChosenIsShownAsItIs(double value, String shown) {
        assertThat(Numbers.chosen(value)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "65536|64 KiB", "1048576|1 MiB", "200000000|200 MB", "209715200|200 MiB", "32000|32 kB", "1000|1 kB",
                "1024|1 KiB", "0|0 B", "700|700 B", "1500|1,500 B", "123456789|123 MB", "1000000000|1 GB"
            })
    void aSizeIsShownAsItWasChosen(double bytes, String shown) {
        assertThat(Places.size(bytes)).isEqualTo(shown);
    }

    @Test
    void aPlaceSaysWhatItIs() {
        Axis trips = Axis.of("round trip", "ms", 0, 20);
        assertThat(Places.label(trips, 1)).isEqualTo("20 ms");
        assertThat(Places.head(trips, 1)).isEqualTo("round trip: 20 ms");
        assertThat(Places.head(Axis.named("start", "cold", "warm"), 1)).isEqualTo("warm");
        assertThat(Places.label(Axis.of("size", "bytes", 65_536), 0)).isEqualTo("64 KiB");
    }
}
