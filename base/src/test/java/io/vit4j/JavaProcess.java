package io.vit4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A class of the tests as a process of its own, on the tests' class path. */
public final class JavaProcess {
    /** With any of them set, as in many containers, every JVM prints a line, which no program said. */
    private static final List<String> SPEAKING = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    private JavaProcess() {}

    /** {@code java FLAGS MAIN ARGUMENTS}, with a JVM that is made for starting soon, not for running long. */
    public static List<String> command(Class<?> main, List<String> flags, String... arguments) {
        List<String> command = new ArrayList<>(java());
        command.addAll(SharedClasses.HERE.flags());
        command.addAll(flags);
        command.addAll(List.of("-cp", SharedClasses.HERE.classPath(), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    static List<String> java() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData");
    }

    /** The same, ready to start. */
    public static ProcessBuilder of(Class<?> main, List<String> flags, String... arguments) {
        return quiet(new ProcessBuilder(command(main, flags, arguments)));
    }

    /** So that the JVMs of this process, and of those that it starts, print nothing of their own. */
    public static ProcessBuilder quiet(ProcessBuilder process) {
        process.environment().keySet().removeAll(SPEAKING);
        return process;
    }
}
