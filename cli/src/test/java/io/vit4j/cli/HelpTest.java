package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What holds for the help of every command, also of those to come. */
class HelpTest {
    private static List<CommandLine> commands() {
        List<CommandLine> all = new ArrayList<>();
        collect(Main.commandLine(new PrintWriter(new StringWriter())), all);
        return all;
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(below -> collect(below, all));
    }

    @Test
    void everyCommandSaysWhatItDoesAndShowsAnExampleThatItUnderstands() {
        for (CommandLine command : commands().subList(1, commands().size())) {
            String help = command.getUsageMessage();
            String name = command.getCommandSpec().qualifiedName();
            assertThat(command.getCommandSpec().usageMessage().description())
                    .as(name)
                    .isNotEmpty();
            List<String> examples = help.lines()
                    .filter(line -> line.startsWith("  " + name + " "))
                    .toList();
            assertThat(examples).as(name).isNotEmpty();
        }
    }

    @Test
    void theOptionsOfEveryExampleExist() {
        List<CommandLine> commands = commands();
        Set<String> options = commands.stream()
                .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
                .collect(Collectors.toSet());
        for (CommandLine command : commands) {
            String help =
                    String.join(" ", command.getCommandSpec().usageMessage().footer());
            for (String word : help.split("[\\s=]+")) {
                if (word.startsWith("--") && word.length() > 2) {
                    String option = word.replaceAll("[.,;:]+$", "");
                    assertThat(options).as(command.getCommandName()).contains(option);
                }
            }
        }
    }

    @Test
    void everyShownOptionIsDescribedOnceAndNoLineIsWiderThanTheTerminal() {
        for (CommandLine command : commands()) {
            String help = command.getUsageMessage();
            int width = command.getCommandSpec().usageMessage().width();
            assertThat(help.lines().filter(line -> line.length() > width)).isEmpty();
            assertThat(help).doesNotContain("\n\n\n");
            for (OptionSpec option : command.getCommandSpec().options()) {
                if (!option.hidden()) {
                    assertThat(option.description()).as(option.longestName()).isNotEmpty();
                    assertThat(help.lines()
                                    .filter(line -> line.matches(" {2,6}(-\\w, )?(--[a-z0-9-]+, )*"
                                            + option.longestName() + "(\\[?=.*|,.*|  .*)?")))
                            .as(command.getCommandName() + " " + option.longestName())
                            .hasSize(1);
                }
            }
        }
    }

    @Test
    void whatEveryCommandHasComesLast() {
        String help = commands().stream()
                .filter(command -> command.getCommandName().equals("prepare"))
                .findFirst()
                .orElseThrow()
                .getUsageMessage();
        assertThat(help.lines().filter(line -> line.matches("[A-Z][A-Za-z ]+")))
                .containsSubsequence("Pictures and labels", "Data set", "Split", "Everywhere");
        assertThat(help.indexOf("--validation=")).isLessThan(help.indexOf("--quiet  "));
    }

    @Test
    void aCommandThatIsDescribedAloneIsTheSameAsAmongAll() {
        for (CommandLine command : commands().subList(1, commands().size())) {
            String name = command.getCommandName();
            CommandLine alone = Main.commandLine(new PrintWriter(new StringWriter()), new String[] {"--quiet", name});
            assertThat(alone.getSubcommands()).containsOnlyKeys(name);
            assertThat(alone.getSubcommands().get(name).getUsageMessage()).isEqualTo(command.getUsageMessage());
        }
        for (String asks : List.of("", "--help train", "-h train", "--version", "trian --model train")) {
            assertThat(Main.commandLine(new PrintWriter(new StringWriter()), asks.split(" "))
                            .getSubcommands())
                    .as(asks)
                    .hasSize(commands().size() - 1);
        }
    }
}
