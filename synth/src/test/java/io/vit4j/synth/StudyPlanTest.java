package io.vit4j.synth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.Shared;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class StudyPlanTest {
    /** Pictures with each finding as the paper's release counts them in CheXNet's split; 60,412 show none. */
    private static final Map<Finding, Integer> NIH = new EnumMap<>(Map.ofEntries(
            Map.entry(Finding.INFILTRATION, 19870),
            Map.entry(Finding.EFFUSION, 13307),
            Map.entry(Finding.ATELECTASIS, 11535),
            Map.entry(Finding.NODULE, 6323),
            Map.entry(Finding.MASS, 5746),
            Map.entry(Finding.PNEUMOTHORAX, 5298),
            Map.entry(Finding.CONSOLIDATION, 4667),
            Map.entry(Finding.PLEURAL_THICKENING, 3385),
            Map.entry(Finding.CARDIOMEGALY, 2772),
            Map.entry(Finding.EMPHYSEMA, 2516),
            Map.entry(Finding.EDEMA, 2303),
            Map.entry(Finding.FIBROSIS, 1686),
            Map.entry(Finding.PNEUMONIA, 1353),
            Map.entry(Finding.HERNIA, 227)));

    private static double share(List<Study> plan, Predicate<Study> which) {
        return plan.stream().filter(which).count() / (double) plan.size();
    }

    @Test
    void balancedGivesEveryFindingEnoughPicturesAndNeverMoreThanFourAtOnce() {
        List<Study> plan = StudyPlan.of(20_000, 3, Prevalence.BALANCED);
        assertThat(plan).hasSize(20_000).allMatch(study -> study.findings().size() <= 4);
        assertThat(share(plan, study -> study.findings().isEmpty())).isBetween(0.15, 0.20);
        for (Finding finding : Finding.values()) {
            assertThat(share(plan, study -> study.findings().contains(finding)))
                    .as(finding.label())
                    .isBetween(0.145, 0.25);
        }
    }

    @Test
    void balancedFindingsComeIndependentlyOfOneAnother() {
        List<Study> plan = StudyPlan.of(20_000, 4, Prevalence.BALANCED);
        double effusion = share(plan, study -> study.findings().contains(Finding.EFFUSION));
        double both = share(plan, study -> study.findings().containsAll(Set.of(Finding.EFFUSION, Finding.EDEMA)));
        double edema = share(plan, study -> study.findings().contains(Finding.EDEMA));
        assertThat(both / (effusion * edema)).isBetween(0.75, 1.25);
    }

    @Test
    void nihGivesFindingsAsOftenAsTheRelease() {
        List<Study> plan = StudyPlan.of(60_000, 5, Prevalence.NIH);
        assertThat(share(plan, study -> study.findings().isEmpty())).isCloseTo(60412 / 112120.0, within(0.02));
        NIH.forEach((finding, count) -> assertThat(
                        share(plan, study -> study.findings().contains(finding)))
                .as(finding.label())
                .isCloseTo(count / 112120.0, within(0.002 + 0.12 * count / 112120.0)));
        assertThat(share(plan, study -> !study.female())).isCloseTo(0.565, within(0.04));
        assertThat(share(plan, study -> !study.portable())).isCloseTo(0.60, within(0.02));
        assertThat(plan.stream().mapToInt(Study::age).average().orElseThrow()).isCloseTo(47.5, within(3.0));
    }

    @Test
    void nihFindingsComeTogetherAsInTheRelease() throws IOException {
        Map<String, Integer> counted = new HashMap<>();
        int rows = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(Shared.path("nih-labels-112120.csv.gz"))),
                StandardCharsets.UTF_8))) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                counted.merge(line.split(",")[1], 1, Integer::sum);
                rows++;
            }
        }
        List<Study> plan = StudyPlan.of(100_000, 6, Prevalence.NIH);
        Map<String, Long> drawn =
                plan.stream().collect(Collectors.groupingBy(s -> Finding.cell(s.findings()), Collectors.counting()));
        assertThat(counted.keySet()).containsAll(drawn.keySet());
        for (Map.Entry<String, Integer> entry : counted.entrySet()) {
            double expected = entry.getValue() / (double) rows;
            double got = drawn.getOrDefault(entry.getKey(), 0L) / 100_000.0;
            // follow-ups repeat findings, so the count's variance is a few times the binomial's
            double spread = 6 * Math.sqrt(3 * expected / 100_000) + 2e-5;
            assertThat(got).as(entry.getKey()).isCloseTo(expected, within(spread));
        }
    }

    @Test
    void nihPatientsHaveAsManyPicturesAsInTheRelease() {
        List<Study> plan = StudyPlan.of(50_000, 7, Prevalence.NIH);
        Map<Integer, Long> pictures =
                plan.stream().collect(Collectors.groupingBy(Study::patient, Collectors.counting()));
        double single = pictures.values().stream().filter(n -> n == 1).count() / (double) pictures.size();
        assertThat(single).isCloseTo(17503 / 30805.0, within(0.02));
        assertThat(50_000.0 / pictures.size()).isCloseTo(112120 / 30805.0, within(0.3));
    }

    @Test
    void aLongerPlanBeginsWithTheShorterOne() {
        for (Prevalence prevalence : Prevalence.values()) {
            List<Study> longer = StudyPlan.of(500, 8, prevalence);
            assertThat(StudyPlan.of(123, 8, prevalence)).isEqualTo(longer.subList(0, 123));
        }
        assertThat(StudyPlan.of(50, 9, Prevalence.BALANCED)).isNotEqualTo(StudyPlan.of(50, 8, Prevalence.BALANCED));
    }

    @Test
    void followUpsKeepSexAndNeverGrowYounger() {
        List<Study> plan = StudyPlan.of(5_000, 10, Prevalence.BALANCED);
        for (int i = 1; i < plan.size(); i++) {
            Study before = plan.get(i - 1);
            Study study = plan.get(i);
            if (study.patient() == before.patient()) {
                assertThat(study.female()).isEqualTo(before.female());
                assertThat(study.age()).isGreaterThanOrEqualTo(before.age());
                assertThat(study.followUp()).isEqualTo(before.followUp() + 1);
            } else {
                assertThat(study.patient()).isEqualTo(before.patient() + 1);
                assertThat(study.followUp()).isZero();
            }
        }
    }

    @Test
    void testPatientsHoldAboutTheReleasesShareOfPictures() {
        List<Study> plan = StudyPlan.of(2_000, 11, Prevalence.BALANCED);
        Set<Integer> test = StudyPlan.testPatients(plan, 11);
        assertThat(share(plan, study -> test.contains(study.patient()))).isCloseTo(25_596 / 112_120.0, within(0.005));
    }
}
