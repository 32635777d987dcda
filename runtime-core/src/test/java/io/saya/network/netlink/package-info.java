/** Tests of rtnetlink. */
@NullMarked
package io.saya.network.netlink;

import org.jspecify.annotations.NullMarked;
