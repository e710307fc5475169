package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
    private static final List<String> KNOWN = List.of("layers_per_ipu", "ipus_per_replica", "matmul_proportion");

    @Test
    void aSlipOfTheFingerFindsTheNameThatWasMeant() {
        assertThat(NearestName.to("layer_per_ipu", KNOWN)).isEqualTo("layers_per_ipu");
        assertThat(NearestName.to("ipu_per_replica", KNOWN)).isEqualTo("ipus_per_replica");
        assertThat(NearestName.to("matmul_porportion", KNOWN)).isEqualTo("matmul_proportion");
    }

    @Test
    void caseAndDashesAreNoSlips() {
        assertThat(NearestName.to("Layers-Per-IPU", List.of("layers_per_ipx", "layers_per_ipu")))
                .isEqualTo("layers_per_ipu");
    }

    @Test
    void ofEquallyNearNamesTheFirstIsTaken() {
        assertThat(NearestName.to("b", List.of("a", "c"))).isEqualTo("a");
    }

    @Test
    void aPartOfALongNameIsNearerThanAShortNameThatSharesNothing() {
        assertThat(NearestName.to("flops", List.of("name", "half_flops"))).isEqualTo("half_flops");
    }

    @Test
    void distancesAreTheKnownOnes() {
        assertThat(NearestName.distance("kitten", "sitting")).isEqualTo(3); // Levenshtein's textbook pair
        assertThat(NearestName.distance("", "abc")).isEqualTo(3);
        assertThat(NearestName.distance("abc", "")).isEqualTo(3);
        assertThat(NearestName.distance("abc", "acb")).isEqualTo(1); // one swap
        assertThat(NearestName.distance("ca", "abc")).isEqualTo(3); // 2 only where a part may be edited twice
    }

    @Test
    void aHugeNameCostsNothing() {
        assertThat(NearestName.to("x".repeat(50_000_000), KNOWN)).isIn(KNOWN);
    }

    @Test
    void nothingToCompareWithIsTheCallersFault() {
        assertThatThrownBy(() -> NearestName.to("a", List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
