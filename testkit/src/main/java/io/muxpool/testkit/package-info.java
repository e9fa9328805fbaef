/**
 * Servers and instruments for testing ssh clients: a real {@code sshd} and an embedded one, both on loopback only, a
 * proxy that makes the loopback slow, broken or silent, and a check that a test left nothing behind.
 *
 * <p>Nothing here knows the library under test. The servers do not need JUnit, so that a program may start one too.
 */
@NullMarked
package io.muxpool.testkit;

import org.jspecify.annotations.NullMarked;
