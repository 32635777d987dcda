package io.saya.network;

/**
 * How a route is to be used.
 *
 * @param mtu of packets that take it; 0: that of the interface
 * @param metric the route with the smaller one is preferred
 */
public record RouteMetrics(int mtu, int metric) {}
