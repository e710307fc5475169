package io.vit4j.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Loads vit4j's own classes a second time, with a call of {@link Coverage#hit} at the start of each block. */
final class CoverageLoader extends ClassLoader {
    /** What reads what others wrote. */
    private static final Set<String> INSTRUMENTED = Set.of(
            "base",
            "image",
            "dicom",
            "hub",
            "data",
            "model",
            "parallel",
            "metrics",
            "infer",
            "train",
            "evaluate",
            "report",
            "parquet");

    CoverageLoader(ClassLoader parent) {
        super(parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.vit4j.") || name.equals(Coverage.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] code = in.readAllBytes();
            boolean instrument = INSTRUMENTED.contains(name.split("\\.")[2]);
            byte[] defined = instrument ? instrumented(code) : code;
            return defineClass(name, defined, 0, defined.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] instrumented(byte[] code) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        ClassVisitor visitor = new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public MethodVisitor visitMethod(
                    int access, String name, String descriptor, String signature, String[] exceptions) {
                return new Counting(super.visitMethod(access, name, descriptor, signature, exceptions));
            }
        };
        new ClassReader(code).accept(visitor, 0);
        return writer.toByteArray();
    }

    /** A block begins where a method does, behind a condition, and where jumps lead (there is a frame in each such place). */
    private static final class Counting extends MethodVisitor {
        private boolean due;

        Counting(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        private void count() {
            super.visitLdcInsn(Coverage.newBlock());
            super.visitMethodInsn(
                    Opcodes.INVOKESTATIC, Coverage.class.getName().replace('.', '/'), "hit", "(I)V", false);
        }

        private void countIfDue() {
            if (due) {
                due = false;
                count();
            }
        }

        @Override
        public void visitCode() {
            super.visitCode();
            count();
        }

        @Override
        public void visitFrame(int type, int localCount, Object[] local, int stackCount, Object[] stack) {
            countIfDue();
            super.visitFrame(type, localCount, local, stackCount, stack);
            due = true;
        }

        /** Frames name places of {@code new} by labels, so nothing may come between the two. */
        @Override
        public void visitTypeInsn(int opcode, String type) {
            if (opcode == Opcodes.NEW) {
                super.visitTypeInsn(opcode, type);
                countIfDue();
            } else {
                countIfDue();
                super.visitTypeInsn(opcode, type);
            }
        }

        @Override
        public void visitJumpInsn(int opcode, Label label) {
            countIfDue();
            super.visitJumpInsn(opcode, label);
            if (opcode != Opcodes.GOTO) {
                count();
            }
        }

        @Override
        public void visitInsn(int opcode) {
            countIfDue();
            super.visitInsn(opcode);
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            countIfDue();
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitVarInsn(int opcode, int variable) {
            countIfDue();
            super.visitVarInsn(opcode, variable);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            countIfDue();
            super.visitFieldInsn(opcode, owner, name, descriptor);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            countIfDue();
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            countIfDue();
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
        }

        @Override
        public void visitLdcInsn(Object value) {
            countIfDue();
            super.visitLdcInsn(value);
        }

        @Override
        public void visitIincInsn(int variable, int increment) {
            countIfDue();
            super.visitIincInsn(variable, increment);
        }

        @Override
        public void visitTableSwitchInsn(int least, int most, Label otherwise, Label... labels) {
            countIfDue();
            super.visitTableSwitchInsn(least, most, otherwise, labels);
        }

        @Override
        public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
            countIfDue();
            super.visitLookupSwitchInsn(otherwise, keys, labels);
        }
    }
}
