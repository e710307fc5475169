package io.vit4j.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.cli.ProgressInLines.Reached;
import io.vit4j.train.LogLine;
import java.time.Instant;
import java.util.Locale;

/**
 * A line of {@code --json-logs}: {@code {"time": ..., "level": "info", "message": ...}}, and behind it of a training
 * log {@code "step"}, {@code "epoch"} and {@code "log"}, with every number of the entry; of a request that was served its keys.
 */
final class JsonLine {
    private JsonLine() {}

    static String message(String level, String text) {
        return Json.line(start(Instant.now(), level).put("message", text));
    }

    static String of(ILoggingEvent event) {
        ObjectNode line = start(event.getInstant(), event.getLevel().toString().toLowerCase(Locale.ROOT));
        line.put("logger", event.getLoggerName());
        line.put("message", event.getFormattedMessage());
        Object[] arguments = event.getArgumentArray();
        for (Object argument : arguments == null ? new Object[0] : arguments) { // null is logback's way to say none
            if (argument instanceof LogLine log) {
                line.put("step", log.step())
                        .put("epoch", log.epoch())
                        .set("log", Json.untyped(log.entry().toJson()));
            }
        }
        if (event.getKeyValuePairs() != null) { // null is logback's way to say none
            event.getKeyValuePairs().forEach(pair -> line.set(pair.key, Json.value(pair.value)));
        }
        if (event.getThrowableProxy() != null) {
            line.put("exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return Json.line(line);
    }

    /** {@code {"time": ..., "progress": "Training", "done": 20, "total": 160, ...}}. */
    static String of(Reached reached) {
        ObjectNode line = start(Instant.now(), "info").put("progress", reached.what());
        line.put("done", reached.done());
        if (reached.total() > 0) {
            line.put("total", reached.total());
        }
        line.put("seconds", reached.seconds()).put("per_second", reached.perSecond());
        reached.secondsLeft().ifPresent(left -> line.put("seconds_left", left));
        if (!reached.remark().isEmpty()) {
            line.put("note", reached.remark());
        }
        return Json.line(line);
    }

    private static ObjectNode start(Instant time, String level) {
        return Json.object().put("time", time.toString()).put("level", level);
    }
}
