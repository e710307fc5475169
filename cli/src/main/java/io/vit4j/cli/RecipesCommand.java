package io.vit4j.cli;

import io.vit4j.train.arguments.Recipe;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j recipes}: what {@code train --recipe} knows. */
@Command(
        name = "recipes",
        description = "Lists the recipes of train --recipe, or prints the arguments of one as JSON.",
        footer = {
            "",
            "Examples:",
            "  vit4j recipes",
            "  vit4j recipes x-ray > my-x-ray.json",
            "  vit4j train --recipe x-ray --num-train-epochs 5 --model base --dataset dataset --output tuned"
        },
        sortOptions = false)
final class RecipesCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "The recipe to print. Default: list all.")
    private Optional<String> name = Optional.empty();

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (name.isPresent()) {
            out.print(Recipe.named(name.get()).json());
        } else {
            Recipe.all()
                    .forEach(recipe -> out.printf(
                            Locale.ROOT,
                            "%-14s %s%n%-14s from %s%n",
                            recipe.name(),
                            recipe.purpose(),
                            "",
                            recipe.source()));
        }
        out.flush();
    }
}
