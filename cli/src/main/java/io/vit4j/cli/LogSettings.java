package io.vit4j.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.vit4j.base.TerminalText;
import java.util.Locale;

/**
 * How the command logs, found by logback as a service: terse lines on standard error, warnings marked as such. In code,
 * not in XML, for a fast start.
 */
public final class LogSettings extends ContextAwareBase implements Configurator {
    private static volatile boolean verbose;
    private static volatile boolean quiet;
    private static volatile Logger ours;

    /** Before the first line is logged, be the loggers made already or not. */
    static void choose(boolean wantsMore, boolean wantsLess) {
        verbose = wantsMore;
        quiet = wantsLess;
        if (ours != null) {
            ours.setLevel(level());
        }
    }

    private static Level level() {
        return verbose ? Level.DEBUG : quiet ? Level.WARN : Level.INFO;
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        AppenderBase<ILoggingEvent> onConsole = new ConsoleAppender();
        onConsole.setContext(context);
        onConsole.start();
        context.getLogger("ROOT").setLevel(Level.WARN);
        context.getLogger("ROOT").addAppender(onConsole);
        ours = context.getLogger("io.vit4j");
        ours.setLevel(level());
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static final class ConsoleAppender extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            if (Console.STANDARD.isJson()) {
                Console.STANDARD.line(JsonLine.of(event));
                return;
            }
            boolean plain = event.getLevel() == Level.INFO;
            String mark = plain ? "" : event.getLevel().toString().toLowerCase(Locale.ROOT) + ": ";
            String from = verbose && !plain ? event.getLoggerName() + ": " : "";
            Console.STANDARD.line(mark + from + TerminalText.of(event.getFormattedMessage()));
            if (event.getThrowableProxy() != null && verbose) {
                Console.STANDARD.line(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
        }
    }
}
