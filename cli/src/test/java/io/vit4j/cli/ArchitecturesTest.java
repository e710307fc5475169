package io.vit4j.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** No module names a family of models: all are found by their configuration. */
class ArchitecturesTest {
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vit4j");

    @Test
    void noClassOfAnyModuleNamesAnArchitecture() {
        assertThat(ALL.stream().map(type -> type.getPackageName()))
                .contains("io.vit4j.model.vit", "io.vit4j.train", "io.vit4j.report", "io.vit4j.cli");
        noClasses()
                .that()
                .resideOutsideOfPackage("io.vit4j.model..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.vit4j.model.*..")
                .check(ALL);
    }
}
