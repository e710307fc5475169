package io.vit4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The house has floors: a package may use those below it in this list's order, never those above. */
class FloorsTest {
    private static final List<String> GROUND_FLOOR_FIRST = List.of(
            "io.vit4j.base",
            "io.vit4j.image",
            "io.vit4j.image.formats",
            "io.vit4j.webp",
            "io.vit4j.synth",
            "io.vit4j.torch",
            "io.vit4j.hub",
            "io.vit4j.data",
            "io.vit4j.model",
            "io.vit4j.model.vit",
            "io.vit4j.walk",
            "io.vit4j.metrics",
            "io.vit4j.parallel",
            "io.vit4j.train.optimizer",
            "io.vit4j.train.schedule",
            "io.vit4j.train.arguments",
            "io.vit4j.train.checkpoint",
            "io.vit4j.train.engine",
            "io.vit4j.train",
            "io.vit4j.infer",
            "io.vit4j.evaluate",
            "io.vit4j",
            "io.vit4j.parquet",
            "io.vit4j.report",
            "io.vit4j.cli.launch",
            "io.vit4j.cli.bench",
            "io.vit4j.cli.plan",
            "io.vit4j.cli");

    /** The module's name in the address of a class, in its folder of classes or in its jar. */
    private static final Pattern MODULE = Pattern.compile("/([^/]+)/target/");

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("-tests.jar")) // where mvn package puts them
            .importPackages("io.vit4j");

    @Test
    void everyPackageHasAFloor() {
        SortedSet<String> packages = new TreeSet<>();
        HOUSE.forEach(type -> packages.add(type.getPackageName()));
        assertThat(packages).containsExactlyInAnyOrderElementsOf(GROUND_FLOOR_FIRST);
    }

    @Test
    void aPackageUsesOnlyFloorsBelowIt() {
        for (int floor = 0; floor < GROUND_FLOOR_FIRST.size() - 1; floor++) {
            String[] above = GROUND_FLOOR_FIRST
                    .subList(floor + 1, GROUND_FLOOR_FIRST.size())
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(GROUND_FLOOR_FIRST.get(floor))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(above))
                    .check(HOUSE);
        }
    }

    /** Families of models are found by their configuration: nobody names one, and none knows another. */
    @Test
    void nobodyNamesAnArchitecture() {
        SortedSet<String> families = new TreeSet<>();
        HOUSE.forEach(type -> families.add(type.getPackageName()));
        families.removeIf(name -> !name.startsWith("io.vit4j.model."));
        assertThat(families).isNotEmpty();
        for (String family : families) {
            noClasses()
                    .that()
                    .resideOutsideOfPackage(family + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(family + "..")
                    .check(HOUSE);
        }
    }

    /** A JSON library is a detail: callers see values, {@link io.vit4j.base.JsonObject} or text. */
    @Test
    void noPublicSignatureNamesTheJsonLibrary() {
        SortedSet<String> named = new TreeSet<>();
        for (JavaClass type : HOUSE) {
            boolean own = type.getPackageName().startsWith("io.vit4j.base")
                    || type.getPackageName().startsWith("io.vit4j.cli"); // the command is no library
            if (own || !isSeen(type)) {
                continue;
            }
            for (JavaMember member : type.getMembers()) {
                boolean seen = member.getModifiers().contains(JavaModifier.PUBLIC)
                        || member.getModifiers().contains(JavaModifier.PROTECTED);
                boolean json = member.getAllInvolvedRawTypes().stream()
                        .anyMatch(each -> each.getName().startsWith("com.fasterxml."));
                if (seen && json && !member.getModifiers().contains(JavaModifier.SYNTHETIC)) {
                    named.add(member.getFullName());
                }
            }
        }
        assertThat(named).isEmpty();
    }

    private static boolean isSeen(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(FloorsTest::isSeen).orElse(true);
    }

    /** Two modules with classes of one package could not be modules of Java's, nor tell who is responsible. */
    @Test
    void aPackageIsInOneModule() {
        Map<String, Set<String>> modulesOfPackage = new TreeMap<>();
        for (JavaClass each : HOUSE) {
            Matcher module =
                    MODULE.matcher(each.getSource().orElseThrow().getUri().toString());
            assertThat(module.find()).as("%s", each.getSource()).isTrue();
            modulesOfPackage
                    .computeIfAbsent(each.getPackageName(), name -> new TreeSet<>())
                    .add(module.group(1));
        }
        assertThat(modulesOfPackage)
                .allSatisfy((name, modules) -> assertThat(modules).as(name).hasSize(1));
        assertThat(modulesOfPackage.values().stream().flatMap(Set::stream))
                .contains("base", "image", "webp", "synth", "core", "report", "cli");
    }

    @Test
    void onlyTheTorchRoomKnowsRawPointerScopes() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.vit4j.torch..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
                .check(HOUSE);
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
                .check(HOUSE);
    }
}
