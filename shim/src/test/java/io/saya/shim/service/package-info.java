@NullMarked
package io.saya.shim.service;

import org.jspecify.annotations.NullMarked;
