package io.vit4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.PrintStream;
import java.io.PrintWriter;
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
            "io.vit4j.image.operations",
            "io.vit4j.webp",
            "io.vit4j.dicom.codec",
            "io.vit4j.dicom.codec.jpeg2000",
            "io.vit4j.dicom",
            "io.vit4j.dicom.result",
            "io.vit4j.dicom.network",
            "io.vit4j.synth",
            "io.vit4j.torch",
            "io.vit4j.hub",
            "io.vit4j.data",
            "io.vit4j.data.augment",
            "io.vit4j.onnx",
            "io.vit4j.model",
            "io.vit4j.model.transformer",
            "io.vit4j.model.hierarchical",
            "io.vit4j.model.beit",
            "io.vit4j.model.clip",
            "io.vit4j.model.convnext",
            "io.vit4j.model.deit",
            "io.vit4j.model.dinov2",
            "io.vit4j.model.dinov3",
            "io.vit4j.model.eva",
            "io.vit4j.model.siglip",
            "io.vit4j.model.swin",
            "io.vit4j.model.timm",
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
            "io.vit4j.export",
            "io.vit4j.evaluate",
            "io.vit4j.search",
            "io.vit4j",
            "io.vit4j.parquet",
            "io.vit4j.report",
            "io.vit4j.serve",
            "io.vit4j.options",
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

    /** What families of models share. */
    private static final Set<String> SHARED_BY_FAMILIES =
            Set.of("io.vit4j.model.transformer", "io.vit4j.model.hierarchical");

    /** Nobody else builds of it. */
    @Test
    void onlyFamiliesUseWhatTheyShare() {
        for (String shared : SHARED_BY_FAMILIES) {
            noClasses()
                    .that()
                    .resideOutsideOfPackage("io.vit4j.model.*..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage(shared + "..")
                    .check(HOUSE);
        }
    }

    /** Families of models are found by their configuration: nobody names one, and none knows another. */
    @Test
    void nobodyNamesAnArchitecture() {
        SortedSet<String> families = new TreeSet<>();
        HOUSE.forEach(type -> families.add(type.getPackageName()));
        families.removeIf(name -> !name.startsWith("io.vit4j.model.") || SHARED_BY_FAMILIES.contains(name));
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
                .contains("base", "image", "webp", "dicom", "synth", "core", "report", "serve", "cli");
    }

    /** Calls that open a file without a look at what it is. */
    private static final Pattern OPEN = Pattern.compile(
            "java\\.nio\\.file\\.Files\\.(new(InputStream|OutputStream|ByteChannel|BufferedReader|BufferedWriter)"
                    + "|read(AllBytes|String|AllLines)|lines|write|writeString|copy|createFile)"
                    + "|java\\.nio\\.channels\\.(Asynchronous)?FileChannel\\.open"
                    + "|java\\.io\\.(FileInputStream|FileOutputStream|RandomAccessFile|FileReader|FileWriter)\\.<init>"
                    + "|java\\.util\\.(zip\\.Zip|jar\\.Jar)File\\.<init>"
                    + "|de\\.siegmar\\.fastcsv\\.reader\\.CsvReader\\$CsvReaderBuilder\\.\\w+");

    private static final Set<String> OF_A_FILE =
            Set.of("java.nio.file.Path", "java.io.File"); // not a stream or descriptor, open already

    /** Links, pipes and modes are looked after in one place; a draft's stream is the other half of it. */
    @Test
    void oneClassOpensFiles() {
        SortedSet<String> callers = new TreeSet<>();
        SortedSet<String> calls = new TreeSet<>();
        for (JavaClass type : HOUSE) {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                if (access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target
                        && OPEN.matcher(target.getOwner().getName() + "." + target.getName())
                                .matches()
                        && target.getRawParameterTypes().stream()
                                .anyMatch(parameter -> OF_A_FILE.contains(parameter.getName()))) {
                    callers.add(type.getName());
                    calls.add(access.getDescription());
                }
            }
        }
        assertThat(callers)
                .as("calls that open a file; use OpenFiles or DurableFiles: %s", calls)
                .containsExactly("io.vit4j.base.OpenFiles", "io.vit4j.base.StreamFile");
    }

    /** It keeps failures to itself, so what is printed goes through the command's own writer. */
    @Test
    void nobodyPrintsToSystemOut() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.vit4j.torch.NativeOutput") // which only flushes it
                .should()
                .accessField(System.class, "out")
                .check(HOUSE);
    }

    /** Text is the same on every machine: digits, points and letters never follow the machine's locale. */
    @Test
    void nothingIsFormattedInTheLocaleOfTheMachine() {
        noClasses()
                .should()
                .callMethod(String.class, "format", String.class, Object[].class)
                .orShould()
                .callMethod(String.class, "formatted", Object[].class)
                .orShould()
                .callMethod(String.class, "toLowerCase")
                .orShould()
                .callMethod(String.class, "toUpperCase")
                .orShould()
                .callMethod(PrintStream.class, "printf", String.class, Object[].class)
                .orShould()
                .callMethod(PrintWriter.class, "printf", String.class, Object[].class)
                .check(HOUSE);
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

    /** A table that a spreadsheet opens is written in one place, which guards its cells. */
    @Test
    void onlyOnePlaceWritesCsv() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.vit4j.data.CsvTable")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("de.siegmar.fastcsv.writer..")
                .check(HOUSE);
    }

    /** What a terminal shows goes through the two that escape it; a rank's output has been escaped by the rank. */
    @Test
    void onlyTheCommandWritesToTheTerminal() {
        Set<String> places = Set.of("io.vit4j.cli.Main", "io.vit4j.cli.Console", "io.vit4j.cli.LaunchCommand");
        noClasses()
                .that(DescribedPredicate.describe(
                        "are no place that escapes", type -> !places.contains(type.getName())))
                .and()
                .doNotHaveFullyQualifiedName("io.vit4j.torch.NativeOutput") // only flushes
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(HOUSE);
    }
}
