/** Programs that stand by themselves. */
@org.jspecify.annotations.NullMarked
package io.muxpool.examples;
