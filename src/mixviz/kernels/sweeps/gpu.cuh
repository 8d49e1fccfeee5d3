// What a sweep draws for a topic of a document.
#pragma once

#include "draws/gpu.cuh"

constexpr float TINY = 1e-30f;

// Returns x = shape / m, and a weight around the Dirichlet of x; `replicas` is m, and `words` are the bits at `at`.
__device__ inline float2 draw_weight(float shape, float replicas, uint4 words, const Counter& at) {
    const float spread = gamma_draw(shape, words, at) / most(exp_digamma(shape), TINY);
    const float x = shape * (1.0f / replicas);
    return make_float2(x, most(exp_digamma(x) * spread, TINY));
}
