package io.saya.shim.log;

import io.netty.util.internal.logging.AbstractInternalLogger;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import org.jspecify.annotations.Nullable;

/**
 * Sends what Netty logs to our log. Netty would look for logging libraries by itself and load
 * log4j's default configuration while the VM has not been started yet.
 */
public final class NettyLogFactory extends InternalLoggerFactory {

    /** To be called before the first other use of Netty. */
    public static void install() {
        InternalLoggerFactory.setDefaultFactory(new NettyLogFactory());
    }

    private NettyLogFactory() {}

    @Override
    protected InternalLogger newInstance(String name) {
        return new NettyLog(name);
    }

    private static final class NettyLog extends AbstractInternalLogger {
        private static final long serialVersionUID = 1L;
        private static final Log LOG = Log.of("netty");

        NettyLog(String name) {
            super(name);
        }

        private void log(LogLevel level, @Nullable String format, @Nullable Object... arguments) {
            if (!LOG.enabled(level)) {
                return;
            }
            @Nullable Object[] fields = new @Nullable Object[2 + 2 * arguments.length];
            fields[0] = "class";
            fields[1] = name();
            for (int i = 0; i < arguments.length; i++) {
                boolean error = arguments[i] instanceof Throwable;
                fields[2 + 2 * i] = error ? "error" : "argument" + i;
                fields[3 + 2 * i] = arguments[i];
            }
            LOG.log(level, String.valueOf(format), fields);
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public void trace(@Nullable String message) {
            // Never wanted.
        }

        @Override
        public void trace(@Nullable String format, @Nullable Object argument) {
            // Never wanted.
        }

        @Override
        public void trace(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {
            // Never wanted.
        }

        @Override
        public void trace(@Nullable String format, @Nullable Object... arguments) {
            // Never wanted.
        }

        @Override
        public void trace(@Nullable String message, @Nullable Throwable failure) {
            // Never wanted.
        }

        @Override
        public boolean isDebugEnabled() {
            return LOG.enabled(LogLevel.DEBUG);
        }

        @Override
        public void debug(@Nullable String message) {
            log(LogLevel.DEBUG, message);
        }

        @Override
        public void debug(@Nullable String format, @Nullable Object argument) {
            log(LogLevel.DEBUG, format, argument);
        }

        @Override
        public void debug(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {
            log(LogLevel.DEBUG, format, first, second);
        }

        @Override
        public void debug(@Nullable String format, @Nullable Object... arguments) {
            log(LogLevel.DEBUG, format, arguments);
        }

        @Override
        public void debug(@Nullable String message, @Nullable Throwable failure) {
            log(LogLevel.DEBUG, message, failure);
        }

        @Override
        public boolean isInfoEnabled() {
            return LOG.enabled(LogLevel.INFO);
        }

        @Override
        public void info(@Nullable String message) {
            log(LogLevel.INFO, message);
        }

        @Override
        public void info(@Nullable String format, @Nullable Object argument) {
            log(LogLevel.INFO, format, argument);
        }

        @Override
        public void info(@Nullable String format, @Nullable Object first, @Nullable Object second) {
            log(LogLevel.INFO, format, first, second);
        }

        @Override
        public void info(@Nullable String format, @Nullable Object... arguments) {
            log(LogLevel.INFO, format, arguments);
        }

        @Override
        public void info(@Nullable String message, @Nullable Throwable failure) {
            log(LogLevel.INFO, message, failure);
        }

        @Override
        public boolean isWarnEnabled() {
            return LOG.enabled(LogLevel.WARN);
        }

        @Override
        public void warn(@Nullable String message) {
            log(LogLevel.WARN, message);
        }

        @Override
        public void warn(@Nullable String format, @Nullable Object argument) {
            log(LogLevel.WARN, format, argument);
        }

        @Override
        public void warn(@Nullable String format, @Nullable Object first, @Nullable Object second) {
            log(LogLevel.WARN, format, first, second);
        }

        @Override
        public void warn(@Nullable String format, @Nullable Object... arguments) {
            log(LogLevel.WARN, format, arguments);
        }

        @Override
        public void warn(@Nullable String message, @Nullable Throwable failure) {
            log(LogLevel.WARN, message, failure);
        }

        @Override
        public boolean isErrorEnabled() {
            return LOG.enabled(LogLevel.ERROR);
        }

        @Override
        public void error(@Nullable String message) {
            log(LogLevel.ERROR, message);
        }

        @Override
        public void error(@Nullable String format, @Nullable Object argument) {
            log(LogLevel.ERROR, format, argument);
        }

        @Override
        public void error(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {
            log(LogLevel.ERROR, format, first, second);
        }

        @Override
        public void error(@Nullable String format, @Nullable Object... arguments) {
            log(LogLevel.ERROR, format, arguments);
        }

        @Override
        public void error(@Nullable String message, @Nullable Throwable failure) {
            log(LogLevel.ERROR, message, failure);
        }
    }
}
