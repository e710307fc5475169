package io.vit4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The house has floors: a package may use those below it in this list's order, never those above. */
class FloorsTest {
    private static final List<String> GROUND_FLOOR_FIRST = List.of(
            "base",
            "image",
            "image.formats",
            "torch",
            "hub",
            "synth",
            "data",
            "model",
            "model.vit",
            "walk",
            "metrics",
            "parallel",
            "train.optimizer",
            "train.schedule",
            "train.arguments",
            "train.checkpoint",
            "train.engine",
            "train",
            "infer",
            "evaluate");

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vit4j");

    @Test
    void aPackageUsesOnlyFloorsBelowIt() {
        for (int floor = 0; floor < GROUND_FLOOR_FIRST.size(); floor++) {
            String[] above = GROUND_FLOOR_FIRST.subList(floor + 1, GROUND_FLOOR_FIRST.size()).stream()
                    .map(name -> "io.vit4j." + name)
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage("io.vit4j." + GROUND_FLOOR_FIRST.get(floor))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(above))
                    .check(CORE);
        }
    }

    @Test
    void everyPackageHasAFloor() {
        SortedSet<String> packages = new TreeSet<>();
        CORE.forEach(type -> packages.add(type.getPackageName()));
        assertThat(packages)
                .containsExactlyInAnyOrderElementsOf(GROUND_FLOOR_FIRST.stream()
                        .map(name -> "io.vit4j." + name)
                        .toList());
    }

    /** Families of models are found by their configuration: nobody names one, and none knows another. */
    @Test
    void nobodyNamesAnArchitecture() {
        SortedSet<String> families = new TreeSet<>();
        CORE.forEach(type -> families.add(type.getPackageName()));
        families.removeIf(name -> !name.startsWith("io.vit4j.model."));
        assertThat(families).isNotEmpty();
        for (String family : families) {
            noClasses()
                    .that()
                    .resideOutsideOfPackage(family + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(family + "..")
                    .check(CORE);
        }
    }

    @Test
    void onlyTheTorchRoomKnowsRawPointerScopes() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.vit4j.torch..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
                .check(CORE);
    }

    @Test
    void onlyTheTorchRoomTouchesBorrowedGradients() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.vit4j.torch..")
                .should()
                .callMethod("org.bytedeco.pytorch.Tensor", "grad")
                .orShould()
                .callMethod("org.bytedeco.pytorch.Tensor", "mutable_grad")
                .check(CORE);
    }
}
