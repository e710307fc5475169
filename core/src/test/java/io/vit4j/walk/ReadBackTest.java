package io.vit4j.walk;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.vit4j.torch.Tensors;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Numbers are read back from the device in one room alone, and by nothing that stands between forward and backward. */
class ReadBackTest {
    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vit4j");

    private static final Set<String> OF_TENSORS = Set.of("toFloats", "item", "bytes");

    private static final DescribedPredicate<JavaAccess<?>> READS_A_TENSOR = describe(
            "read a tensor's numbers",
            access -> access.getTargetOwner().isEquivalentTo(Tensor.class)
                    && (access.getName().startsWith("item") || access.getName().startsWith("data_ptr")));

    private static final DescribedPredicate<JavaAccess<?>> READS_BACK = describe(
            "read a tensor's numbers, or ask the room of tensors for them",
            access -> READS_A_TENSOR.test(access)
                    || (access.getTargetOwner().isEquivalentTo(Tensors.class)
                            && OF_TENSORS.contains(access.getName())));

    @Test
    void onlyTheRoomOfTensorsReadsThem() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.vit4j.torch", "io.vit4j.parallel")
                .should()
                .accessTargetWhere(READS_A_TENSOR)
                .check(CORE);
    }

    @Test
    void objectivesReadNothingBack() {
        noClasses()
                .that()
                .areAssignableTo(Objective.class)
                .or()
                .areAssignableTo(TargetTensors.class)
                .or()
                .areAssignableTo(Walk.class)
                .or()
                .areAssignableTo(Walk.Tape.class)
                .or()
                .areAssignableTo(Backward.class)
                .should()
                .accessTargetWhere(READS_BACK)
                .check(CORE);
    }

    /** The sum is read once backward has been asked for. */
    @Test
    void theLossIsTakenWithoutReadingIt() {
        noMethods()
                .that()
                .areDeclaredIn(MicroBatchStep.class)
                .and()
                .haveName("lossAndGradient")
                .should(new ArchCondition<JavaMethod>("read back") {
                    @Override
                    public void check(JavaMethod method, ConditionEvents events) {
                        method.getAccessesFromSelf().stream()
                                .filter(READS_BACK)
                                .forEach(access ->
                                        events.add(SimpleConditionEvent.satisfied(method, access.getDescription())));
                    }
                })
                .check(CORE);
    }
}
