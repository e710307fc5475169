package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Everything public has a Javadoc comment: types, methods, constructors, fields, enum constants. Left out is what says nothing of
 * its own: a method that overrides one, and a record's constructor, whose parameters the record's comment names. That the
 * comments themselves are well formed is held by the Javadoc tool in the build.
 */
class JavadocTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final List<String> MODULES =
            List.of("base", "image", "webp", "dicom", "synth", "core", "report", "cli", "spark");

    @Test
    void everythingPublicSaysWhatItIs() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> all = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> silent = new ArrayList<>();
        int[] looked = {0};
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, manager, null, List.of("-proc:none"), null, manager.getJavaFileObjectsFromPaths(files));
            DocTrees trees = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                new Public(unit, trees, silent, looked).scan(unit, null);
            }
        }
        assertThat(silent).isEmpty();
        assertThat(looked[0]).isGreaterThan(1000);
    }

    /** Visits what can be seen from outside of the package, and notes what has no comment. */
    private static final class Public extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final DocTrees trees;
        private final List<String> silent;
        private final int[] looked;

        Public(CompilationUnitTree unit, DocTrees trees, List<String> silent, int[] looked) {
            this.unit = unit;
            this.trees = trees;
            this.silent = silent;
            this.looked = looked;
        }

        @Override
        public Void visitClass(ClassTree type, Void none) {
            if (!isPublic(type.getModifiers(), getCurrentPath().getParentPath().getLeaf())) {
                return null; // nothing within is seen from outside
            }
            look(type.getSimpleName().toString());
            for (Tree member : type.getMembers()) {
                if (member instanceof ClassTree) {
                    scan(member, null);
                } else if (member instanceof MethodTree method && !saysNothing(type, method)) {
                    look(method, method.getModifiers(), type.getSimpleName() + "." + method.getName());
                } else if (member instanceof VariableTree field && !isComponent(type, field)) {
                    look(field, field.getModifiers(), type.getSimpleName() + "." + field.getName());
                }
            }
            return null;
        }

        private void look(Tree member, ModifiersTree modifiers, String name) {
            if (isPublic(modifiers, getCurrentPath().getLeaf())) {
                note(new TreePath(getCurrentPath(), member), name);
            }
        }

        private void look(String name) {
            note(getCurrentPath(), name);
        }

        private void note(TreePath path, String name) {
            looked[0]++;
            String comment = trees.getDocComment(path);
            if (comment == null || comment.isBlank()) {
                long line = unit.getLineMap()
                        .getLineNumber(trees.getSourcePositions().getStartPosition(unit, path.getLeaf()));
                silent.add(ROOT.relativize(Path.of(unit.getSourceFile().toUri())) + ":" + line + " " + name);
            }
        }

        /** Members of an interface are public without saying so. */
        private static boolean isPublic(ModifiersTree modifiers, Tree within) {
            Set<Modifier> flags = modifiers.getFlags();
            return flags.contains(Modifier.PUBLIC)
                    || flags.contains(Modifier.PROTECTED)
                    || (within.getKind() == Tree.Kind.INTERFACE && !flags.contains(Modifier.PRIVATE));
        }

        private static boolean saysNothing(ClassTree type, MethodTree method) {
            boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(each -> each.getAnnotationType().toString().equals("Override"));
            boolean constructor = method.getName().contentEquals("<init>");
            return overrides || (constructor && type.getKind() == Tree.Kind.RECORD && isCanonical(type, method));
        }

        /** A constructor with as many parameters as the record has components; a compact one has none of its own. */
        private static boolean isCanonical(ClassTree type, MethodTree method) {
            long components = type.getMembers().stream()
                    .filter(member -> member instanceof VariableTree field && isComponent(type, field))
                    .count();
            return method.getParameters().size() == components
                    || method.getParameters().isEmpty();
        }

        private static boolean isComponent(ClassTree type, VariableTree field) {
            return type.getKind() == Tree.Kind.RECORD
                    && !field.getModifiers().getFlags().contains(Modifier.STATIC);
        }
    }
}
