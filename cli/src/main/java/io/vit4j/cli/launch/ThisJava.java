package io.vit4j.cli.launch;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start this program again as it was started, in a process of its own and without the launcher's script. */
public final class ThisJava {
    /** The share of the machine's memory that Java takes as its largest heap, in percent, unless it is told otherwise. */
    private static final double USUAL_HEAP = 25;

    private ThisJava() {}

    /**
     * The program and its arguments, for one of several processes that share this machine.
     *
     * @param main the class with the program's {@code main}
     * @param processes how many they are; their heaps together take half of the memory at most
     */
    public static List<String> command(Class<?> main, int processes, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        command.addAll(flags);
        boolean saysHeap = flags.stream()
                .anyMatch(flag -> flag.startsWith("-Xmx") || flag.contains("MaxRAM") || flag.contains("MaxHeapSize"));
        if (!saysHeap && processes > 2) {
            command.add("-XX:MaxRAMPercentage=" + 2 * USUAL_HEAP / processes);
        }
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }
}
