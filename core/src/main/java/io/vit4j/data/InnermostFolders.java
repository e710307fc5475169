package io.vit4j.data;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which folder of each image names its class: the innermost, unless the innermost folders are called for what lies in them
 * ({@code images}, {@code masks}), for how and when it was taken ({@code 40X}, {@code study1_positive}), for whom it shows
 * ({@code patient00011}), or for a split below the class ({@code cat/train}). Then it is the one above, if there is just one that
 * may be meant; else the question is asked.
 */
final class InnermostFolders {
    private static final Set<String> PICTURES = Set.of(
            "images",
            "image",
            "img",
            "imgs",
            "pictures",
            "picture",
            "pics",
            "photos",
            "photo",
            "jpg",
            "jpeg",
            "jpegs",
            "jpegimages",
            "png",
            "pngs",
            "dicom",
            "dicoms");
    private static final Set<String> MASKS = Set.of(
            "masks", "mask", "segmentation", "segmentations", "annotations", "ground_truth", "groundtruth", "gt");

    /** Magnifications, and the parts of an examination. */
    private static final Pattern CIRCUMSTANCE = Pattern.compile(
            "(?i)\\d+(?:\\.\\d+)?x|x\\d+|(?:study|series|session|visit|scan|exam|view|slide|s\\d{3})[-_ ]?\\d+(?:[-_ ].*)?");

    private static final int SHOWN = 3;

    private final String description;
    private final List<List<String>> images;
    private final Set<String> innermost = new TreeSet<>();
    private final boolean climbs;
    private final boolean asks;
    private final boolean leavesMasksOut;

    /** @param images the folders of each image, from the outermost */
    InnermostFolders(String description, List<List<String>> images) {
        this.description = description;
        this.images = images;
        for (List<String> folders : images) {
            if (!folders.isEmpty()) {
                innermost.add(folders.get(folders.size() - 1));
            }
        }
        boolean anyAbove =
                images.stream().anyMatch(folders -> aboveInnermost(folders).isPresent());
        boolean allCircumstances = !innermost.isEmpty()
                && innermost.stream()
                        .allMatch(name -> CIRCUMSTANCE.matcher(name).matches() || PatientFolder.is(name));
        boolean allContents = !innermost.isEmpty() && innermost.stream().allMatch(InnermostFolders::isContents);
        boolean allSplits = images.stream().allMatch(InnermostFolders::isSplitBelowClass);
        this.asks = allCircumstances;
        this.climbs = (anyAbove && (allCircumstances || allContents || onlyContentsSomewhere())) || allSplits;
        this.leavesMasksOut = climbs
                && innermost.stream().anyMatch(name -> MASKS.contains(lower(name)))
                && innermost.stream().anyMatch(name -> !MASKS.contains(lower(name)));
        if (innermost.stream().allMatch(PatientFolder::is) && !innermost.isEmpty() && !anyAbove) {
            throw new InputException(description + ": the folders are patients' (" + some(innermost)
                    + "), and no folder names a class; give the label file with --labels");
        }
        if (climbs && asks) {
            askIfSeveralMayBeMeant();
        }
    }

    private static String lower(String name) {
        return CleanText.of(name).toLowerCase(Locale.ROOT);
    }

    private static boolean isContents(String name) {
        return PICTURES.contains(lower(name)) || MASKS.contains(lower(name));
    }

    /** The innermost folder is a split's, and lies in one that is not. */
    private static boolean isSplitBelowClass(List<String> folders) {
        int last = folders.size() - 1;
        return last >= 1
                && SplitNames.exactly(folders.get(last)).isPresent()
                && SplitNames.in(folders.get(last - 1)).isEmpty();
    }

    /** Whether some folder, which is no split's, holds nothing but such as {@code images}. */
    private boolean onlyContentsSomewhere() {
        Set<List<String>> parents = new HashSet<>();
        Set<List<String>> withOthers = new HashSet<>();
        for (List<String> folders : images) {
            int last = folders.size() - 1;
            if (last >= 1) {
                List<String> parent = folders.subList(0, last);
                (isContents(folders.get(last)) ? parents : withOthers).add(parent);
            }
        }
        return parents.stream()
                .anyMatch(parent -> !withOthers.contains(parent)
                        && SplitNames.in(parent.get(parent.size() - 1)).isEmpty());
    }

    private static Optional<String> aboveInnermost(List<String> folders) {
        for (int i = folders.size() - 2; i >= 0; i--) {
            if (SplitNames.in(folders.get(i)).isEmpty()) {
                return Optional.of(folders.get(i));
            }
        }
        return Optional.empty();
    }

    /** Whether the image is a mask beside pictures. */
    boolean isMask(int image) {
        List<String> folders = images.get(image);
        return leavesMasksOut && !folders.isEmpty() && MASKS.contains(lower(folders.get(folders.size() - 1)));
    }

    /** The depth of the folder that names an image's class, from 0; -1 if there is none. */
    int classOf(int image) {
        List<String> folders = images.get(image);
        int last = folders.size() - 1;
        if (climbs) {
            while (last >= 0
                    && (isPassed(folders.get(last))
                            || SplitNames.exactly(folders.get(last)).isPresent())) {
                last--;
            }
            return last;
        }
        boolean isOnlyASplit = last >= 0
                && SplitNames.exactly(folders.get(last)).isPresent()
                && SplitNames.inFolders(folders.subList(0, last)).isEmpty();
        return isOnlyASplit ? -1 : last;
    }

    private boolean isPassed(String folder) {
        return isContents(folder) || (asks && (CIRCUMSTANCE.matcher(folder).matches() || PatientFolder.is(folder)));
    }

    /** What the user should hear of how the folders were read. */
    Optional<String> note() {
        if (!climbs) {
            return Optional.empty();
        }
        return Optional.of(
                "the innermost folders (" + some(innermost) + ") are not classes; the class is the folder above"
                        + (leavesMasksOut ? ", and masks are left out" : ""));
    }

    /** More than one level of folders above may name the class. */
    private void askIfSeveralMayBeMeant() {
        List<Set<String>> levels = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            int depth = classOf(i);
            int level = 0;
            for (int d = 0; d <= depth; d++) {
                if (SplitNames.in(images.get(i).get(d)).isEmpty()) {
                    if (levels.size() == level) {
                        levels.add(new LinkedHashSet<>());
                    }
                    levels.get(level++).add(images.get(i).get(d));
                }
            }
        }
        List<Set<String>> choices =
                levels.stream().filter(names -> names.size() > 1).toList();
        boolean withinNames =
                innermost.stream().anyMatch(name -> !wordBehindNumber(name).isEmpty());
        if (choices.size() == 1 && !withinNames) {
            return;
        }
        Set<String> words = innermost.stream()
                .map(InnermostFolders::wordBehindNumber)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> example = withinNames
                ? words
                : choices.stream()
                        .min((a, b) -> Integer.compare(a.size(), b.size()))
                        .orElse(Set.of("A", "B"));
        throw new InputException(description + ": the innermost folders (" + some(innermost)
                + ") are not classes; name the folders that are classes, or words in their names, with --classes,"
                + " such as --classes "
                + String.join(",", example.stream().limit(SHOWN).toList()));
    }

    /** {@code positive} of {@code study1_positive}. */
    private static String wordBehindNumber(String name) {
        int end = name.length();
        while (end > 0 && Character.isLetter(name.charAt(end - 1))) {
            end--;
        }
        return end > 0 && end < name.length() && "-_ ".indexOf(name.charAt(end - 1)) >= 0 ? name.substring(end) : "";
    }

    private static String some(Set<String> names) {
        return names.stream().limit(SHOWN).collect(Collectors.joining(", ")) + (names.size() > SHOWN ? ", ..." : "");
    }
}
