package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What NIH ChestX-ray14 counts: which findings come together, and how many pictures a patient has. */
final class NihFigures {
    private static final Table FINDINGS = Table.read("nih-findings.txt");
    private static final Table PICTURES = Table.read("nih-pictures-per-patient.txt");

    private NihFigures() {}

    /** One of the release's combinations, each as likely as it is frequent there. */
    static Set<Finding> findings(RandomKey.Stream random) {
        Set<Finding> findings = EnumSet.noneOf(Finding.class);
        String letters = FINDINGS.draw(random);
        for (int i = 0; i < letters.length(); i++) {
            if (letters.charAt(i) != '-') {
                findings.add(Finding.values()[letters.charAt(i) - 'A']);
            }
        }
        return findings;
    }

    /** A patient's number of pictures, each as likely as it is frequent there. */
    static int pictures(RandomKey.Stream random) {
        return Integer.parseInt(PICTURES.draw(random));
    }

    /** Entries with how often each was counted. */
    private record Table(int[] upTo, List<String> entries) {
        String draw(RandomKey.Stream random) {
            int ticket = random.nextInt(upTo[upTo.length - 1]) + 1;
            int at = Arrays.binarySearch(upTo, ticket);
            return entries.get(at >= 0 ? at : -at - 1);
        }

        static Table read(String name) {
            List<String> entries = new ArrayList<>();
            List<Integer> upTo = new ArrayList<>();
            int sum = 0;
            try (InputStream in = NihFigures.class.getResourceAsStream(name);
                    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (!line.startsWith("#")) {
                        int space = line.indexOf(' ');
                        sum += Integer.parseInt(line.substring(0, space));
                        upTo.add(sum);
                        entries.add(line.substring(space + 1));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Table(upTo.stream().mapToInt(Integer::intValue).toArray(), List.copyOf(entries));
        }
    }
}
