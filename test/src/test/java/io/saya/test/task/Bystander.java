package io.saya.test.task;

import io.saya.ttrpc.TtrpcException;
import java.util.ArrayList;

/** A sandbox that nobody attacks: how long its execs take tells whether others disturb it. */
final class Bystander implements AutoCloseable {
    private static final int EXECS = 3;

    private final Shim shim;
    private int execs;

    /**
     * @param shim created and not started
     */
    Bystander(Shim shim) throws TtrpcException, InterruptedException {
        this.shim = shim;
        shim.create("", "", "");
        shim.start("");
        for (int i = 0; i < 2 * EXECS; i++) {
            exec(); // its daemon's classes are loaded then
        }
    }

    /** The median of some execs. */
    double execMillis() throws TtrpcException, InterruptedException {
        var times = new ArrayList<Double>();
        for (int i = 0; i < EXECS; i++) {
            times.add(exec());
        }
        return times.stream().sorted().toList().get(EXECS / 2);
    }

    private double exec() throws TtrpcException, InterruptedException {
        var name = "e" + ++execs;
        long begun = System.nanoTime();
        shim.exec(name, "true");
        shim.start(name);
        shim.await(name);
        shim.delete(name);
        return (System.nanoTime() - begun) / 1e6;
    }

    @Override
    public void close() {
        shim.close();
    }
}
