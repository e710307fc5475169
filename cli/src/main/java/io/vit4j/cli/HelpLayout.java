package io.vit4j.cli;

import io.vit4j.options.HelpSection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * How help looks: a command's own options, then those that it shares with others under their headings ({@link HelpSection} and
 * groups), then the ones that every command has; at the end what else to know, and examples.
 */
final class HelpLayout {
    private static final int NARROWEST = 80;
    private static final int WIDEST = 120;
    private static final Set<String> EVERYWHERE = Set.of("--verbose", "--quiet", "--json-logs", "--share", "--help");

    private HelpLayout() {}

    /** Lays out the help of a command and of all below it. */
    static void apply(CommandLine command) {
        int width = Math.max(NARROWEST, Math.min(WIDEST, Console.STANDARD.width()));
        UsageMessageSpec usage = command.getCommandSpec().usageMessage();
        usage.width(width)
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .optionListHeading("%n")
                .commandListHeading("%n@|bold Commands|@%n")
                .footerHeading("%n")
                .footer(footer(List.of(usage.footer()), width).toArray(String[]::new));
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpLayout::options);
        command.getSubcommands().values().forEach(HelpLayout::apply);
    }

    private static String options(Help help) {
        CommandSpec spec = help.commandSpec();
        Map<String, List<OptionSpec>> sections = sections(spec);
        StringBuilder text = new StringBuilder();
        sections.forEach((heading, options) -> {
            if (!options.isEmpty()) {
                text.append(
                        heading.isEmpty()
                                ? ""
                                : help.createHeading((text.isEmpty() ? "" : "%n") + "@|bold " + heading + "|@%n"));
                Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
                layout.addOptions(options, help.createDefaultParamLabelRenderer());
                text.append(layout);
            }
        });
        return text.toString();
    }

    /** The shown options by heading, in the order of their first. */
    private static Map<String, List<OptionSpec>> sections(CommandSpec spec) {
        Map<String, String> headings = new LinkedHashMap<>();
        for (CommandSpec shared : spec.mixins().values()) {
            if (shared.userObject() instanceof HelpSection section) {
                shared.options().forEach(option -> headings.put(option.longestName(), section.heading()));
            }
        }
        for (ArgGroupSpec group : spec.argGroups()) {
            if (group.heading() != null) { // picocli's way to say that there is none
                String heading = group.heading().replaceAll("%n|@\\|bold |\\|@", "");
                group.allOptionsNested().forEach(option -> headings.put(option.longestName(), heading));
            }
        }
        String own = spec.userObject() instanceof HelpSection section ? section.heading() : "";
        Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
        List<OptionSpec> everywhere = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            if (option.hidden()) {
                continue;
            }
            if (EVERYWHERE.contains(option.longestName())) {
                everywhere.add(option);
            } else {
                sections.computeIfAbsent(headings.getOrDefault(option.longestName(), own), none -> new ArrayList<>())
                        .add(option);
            }
        }
        sections.put(sections.isEmpty() ? "" : "Everywhere", everywhere);
        return sections;
    }

    /** Lines of prose joined into paragraphs, which are wrapped at the width; indented lines as they are, or broken as a shell has it. */
    private static List<String> footer(List<String> lines, int width) {
        List<String> laidOut = new ArrayList<>();
        StringBuilder paragraph = new StringBuilder();
        for (String line : lines) {
            boolean prose = !line.isBlank() && !line.startsWith(" ");
            if (prose) {
                paragraph.append(paragraph.isEmpty() ? "" : " ").append(line);
                continue;
            }
            end(paragraph, laidOut);
            if (!line.isBlank()) {
                laidOut.addAll(broken(line, width));
            } else if (!laidOut.isEmpty()) {
                laidOut.add("");
            }
        }
        end(paragraph, laidOut);
        return laidOut;
    }

    private static void end(StringBuilder paragraph, List<String> laidOut) {
        if (!paragraph.isEmpty()) {
            laidOut.add(paragraph.toString());
            paragraph.setLength(0);
        }
    }

    /** An example that is too long goes on in the next line, before an option. */
    private static List<String> broken(String example, int width) {
        List<String> lines = new ArrayList<>();
        String rest = example;
        while (rest.length() >= width) {
            int at = rest.lastIndexOf(" --", width - 3);
            if (at <= 6) {
                break;
            }
            lines.add(rest.substring(0, at) + " \\");
            rest = "     " + rest.substring(at);
        }
        lines.add(rest);
        return lines;
    }
}
