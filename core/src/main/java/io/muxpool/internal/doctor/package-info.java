/** The examination of a remote, step by step, on a throw-away master. */
@NullMarked
package io.muxpool.internal.doctor;

import org.jspecify.annotations.NullMarked;
