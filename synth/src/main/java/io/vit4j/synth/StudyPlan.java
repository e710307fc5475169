package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who is X-rayed, how often, and with what findings. A longer plan of the same seed begins with the shorter one.
 *
 * <p>Sex, view and age are distributed as NIH ChestX-ray14 reports them: 56.5% men, 60% taken from behind (PA), 47 years
 * with a deviation of 17.
 */
final class StudyPlan {
    private static final double MEN = 0.565;
    private static final double FROM_BEHIND = 0.60;
    /** How often a follow-up shows the same as the picture before; otherwise it is drawn anew. */
    private static final double SAME_AS_BEFORE = 0.30;
    /** Shares of balanced pictures with 0, 1, ... 4 findings. */
    private static final double[] FINDINGS = {0.17, 0.12, 0.20, 0.25, 0.26};
    /** Shares of balanced patients with 1, 2, ... 5 pictures. */
    private static final double[] PICTURES = {0.35, 0.25, 0.20, 0.12, 0.08};

    private StudyPlan() {}

    static List<Study> of(int count, long seed, Prevalence prevalence) {
        List<Study> plan = new ArrayList<>(count);
        for (int patient = 1; plan.size() < count; patient++) {
            add(
                    plan,
                    count,
                    patient,
                    prevalence,
                    RandomKey.of(seed).with("record").with(patient));
        }
        return plan;
    }

    private static void add(List<Study> plan, int count, int patient, Prevalence prevalence, RandomKey key) {
        RandomKey.Stream random = key.stream();
        boolean female = random.nextDouble() >= MEN;
        double age = 47 + 17 * random.nextGaussian();
        int pictures = prevalence == Prevalence.NIH ? NihFigures.pictures(random) : 1 + pick(PICTURES, random);
        Set<Finding> before = Set.of();
        for (int followUp = 0; followUp < pictures && plan.size() < count; followUp++) {
            RandomKey.Stream visit = key.with(followUp).stream();
            boolean portable = visit.nextDouble() >= FROM_BEHIND;
            age += followUp == 0 ? 0 : 0.6 * visit.nextDouble();
            boolean same = visit.nextDouble() < SAME_AS_BEFORE && followUp > 0;
            Set<Finding> findings = prevalence == Prevalence.NIH ? NihFigures.findings(visit) : balanced(visit);
            before = same ? before : findings;
            int years = (int) Math.round(Math.min(95, Math.max(3, age)));
            plan.add(new Study(patient, followUp, years, female, portable, before));
        }
    }

    private static Set<Finding> balanced(RandomKey.Stream random) {
        int[] order = new int[Finding.values().length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        int findings = pick(FINDINGS, random);
        random.shuffle(order);
        Set<Finding> chosen = EnumSet.noneOf(Finding.class);
        for (int i = 0; i < findings; i++) {
            chosen.add(Finding.values()[order[i]]);
        }
        return chosen;
    }

    private static int pick(double[] shares, RandomKey.Stream random) {
        double ticket = random.nextDouble();
        int at = 0;
        while (at + 1 < shares.length && ticket >= shares[at]) {
            ticket -= shares[at];
            at++;
        }
        return at;
    }

    /** Which patients are kept for testing: at random, with about as many pictures as the release keeps (22.8%). */
    static Set<Integer> testPatients(List<Study> plan, long seed) {
        int patients = plan.get(plan.size() - 1).patient();
        int[] pictures = new int[patients + 1];
        plan.forEach(study -> pictures[study.patient()]++);
        int[] order = new int[patients];
        for (int i = 0; i < patients; i++) {
            order[i] = i + 1;
        }
        RandomKey.of(seed).with("test split").stream().shuffle(order);
        long wanted = Math.round(plan.size() * (25_596 / 112_120.0));
        Set<Integer> chosen = new HashSet<>();
        for (int patient : order) {
            if (pictures[patient] <= wanted) {
                chosen.add(patient);
                wanted -= pictures[patient];
            }
        }
        return chosen;
    }
}
