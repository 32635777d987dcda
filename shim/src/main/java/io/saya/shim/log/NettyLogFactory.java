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

    /** Warnings and errors only: the rest is about Netty itself, and much of it at its start. */
    private static final class NettyLog extends AbstractInternalLogger {
        private static final long serialVersionUID = 1L;
        private static final Log LOG = Log.of("netty");

        NettyLog(String name) {
            super(name);
        }

        private static void log(
                LogLevel level, @Nullable String format, @Nullable Object... arguments) {
            @Nullable Object[] fields = new @Nullable Object[2 * arguments.length];
            for (int i = 0; i < arguments.length; i++) {
                boolean error = arguments[i] instanceof Throwable;
                fields[2 * i] = error ? "error" : "argument" + i;
                fields[2 * i + 1] = arguments[i];
            }
            LOG.log(level, String.valueOf(format), fields);
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public void trace(@Nullable String message) {}

        @Override
        public void trace(@Nullable String format, @Nullable Object argument) {}

        @Override
        public void trace(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {}

        @Override
        public void trace(@Nullable String format, @Nullable Object... arguments) {}

        @Override
        public void trace(@Nullable String message, @Nullable Throwable failure) {}

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public void debug(@Nullable String message) {}

        @Override
        public void debug(@Nullable String format, @Nullable Object argument) {}

        @Override
        public void debug(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {}

        @Override
        public void debug(@Nullable String format, @Nullable Object... arguments) {}

        @Override
        public void debug(@Nullable String message, @Nullable Throwable failure) {}

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public void info(@Nullable String message) {}

        @Override
        public void info(@Nullable String format, @Nullable Object argument) {}

        @Override
        public void info(
                @Nullable String format, @Nullable Object first, @Nullable Object second) {}

        @Override
        public void info(@Nullable String format, @Nullable Object... arguments) {}

        @Override
        public void info(@Nullable String message, @Nullable Throwable failure) {}

        @Override
        public boolean isWarnEnabled() {
            return true;
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
            return true;
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
