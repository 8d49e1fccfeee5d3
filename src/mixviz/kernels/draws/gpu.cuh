// Draws in float32, one a thread, by the algorithms of draws/cpu.py. NaN goes in and out; nothing loops for ever.
#pragma once

#include "philox/gpu.cuh"

constexpr float POISSON_SWITCH = 12.0f;  // mean above which Poisson draws use the normal quantile with corrections
constexpr int MOST_ATTEMPTS = 100;       // a gamma candidate is refused one time in twenty at worst
constexpr float GAMMA_SURE = 1000.0f;    // shape above which no candidate is refused

// A counter of the random bits, and the key.
struct Counter {
    unsigned entity, step, draw, stream, k0, k1;
};

__device__ inline uint4 philox(const Counter& at, unsigned attempt) {
    return philox(at.entity, at.step, at.draw, at.stream + attempt, at.k0, at.k1);
}

// The larger of a number and a bound: unlike fmaxf, NaN stays.
__device__ inline float most(float x, float bound) { return x < bound ? bound : x; }

// exp(-x) for x of at least 0, cut off at exp(-87).
__device__ inline float exp_minus(float x) { return expf(x > 87.0f ? -87.0f : -x); }

// exp(digamma(x)) for x > 0: digamma(x + 4) less the sum of 1 / (x + i), i = 0..3, by its asymptotic series.
__device__ inline float exp_digamma(float x) {
    const float q = x * (x + 3.0f);
    const float shift = (x + x + 3.0f) * (q + q + 2.0f) / (q * (q + 2.0f));
    const float y = x + 3.5f;
    const float v = 1.0f / y, w = v * v;
    const float series =
        y + v * (float(1.0 / 24) + w * (float(-37.0 / 5760) + w * float(10313.0 / 2903040)));
    return series * exp_minus(shift);
}

// Uniform in (0, 1], exact near zero.
__device__ inline float uniform(unsigned bits) { return float(bits) * 0x1p-32f + 0x1p-33f; }

// The normal number whose upper tail is uniform(bits) (Giles, GPU Computing Gems 2011, ch. 10).
__device__ inline float normal(unsigned bits) {
    const bool is_upper = bits < 0x80000000u;
    const float tail = uniform(is_upper ? bits : ~bits);
    const float w = -logf(4.0f * tail * (1.0f - tail));
    float p;
    if (w < 5.0f) {
        const float x = w - 2.5f;
        p = 2.81022636e-08f;
        p = p * x + 3.43273939e-07f;
        p = p * x - 3.5233877e-06f;
        p = p * x - 4.39150654e-06f;
        p = p * x + 0.00021858087f;
        p = p * x - 0.00125372503f;
        p = p * x - 0.00417768164f;
        p = p * x + 0.246640727f;
        p = p * x + 1.50140941f;
    } else {
        const float x = sqrtf(w) - 3.0f;
        p = -0.000200214257f;
        p = p * x + 0.000100950558f;
        p = p * x + 0.00134934322f;
        p = p * x - 0.00367342844f;
        p = p * x + 0.00573950773f;
        p = p * x - 0.0076224613f;
        p = p * x + 0.00943887047f;
        p = p * x + 1.00167406f;
        p = p * x + 2.83297682f;
    }
    const float z = p * (1.41421356f - 2.82842712f * tail);
    return is_upper ? z : -z;
}

// How many of P(X > 0), P(X > 1), ... exceed `tail`, for means below POISSON_SWITCH.
__device__ inline float poisson_small(float mean, float tail) {
    const float series = mean * (1.0f - mean * (0.5f - mean * (float(1.0 / 6) - mean * float(1.0 / 24))));
    float term = exp_minus(mean), n = 0.0f;
    float survival = mean < 0.06f ? series : 1.0f - term;
    bool is_above = tail < survival;
    while (is_above) {  // ends: terms of a mean below 12 fall under 1e-12 before n = 64
        n += 1.0f;
        term = term * mean * (1.0f / n);
        survival -= term;
        is_above = tail < survival && term > 1e-12f;
    }
    return n;
}

// The normal quantile with three corrections (Giles, ACM TOMS 42(1), 2016, eq. 12).
__device__ inline float poisson_large(float mean, float z) {
    const float root = sqrtf(mean), z2 = z * z;
    const float first = (float(-1.0 / 36) - float(1.0 / 72) * z2) * z;
    const float second = float(-8.0 / 405) + z2 * (float(7.0 / 810) + float(1.0 / 270) * z2);
    const float n = mean + root * z + (float(1.0 / 3) + float(1.0 / 6) * z2) + (first + second / root) / root;
    return floorf(most(n, 0.0f));
}

// Poisson draw by inversion: the smallest n with P(X > n) <= uniform(bits), for means up to 1e7.
__device__ inline float poisson(float mean, unsigned bits) {
    return mean < POISSON_SWITCH ? poisson_small(mean, uniform(bits)) : poisson_large(mean, normal(bits));
}

// A candidate of Marsaglia and Tsang (ACM TOMS 26(3), 2000), shape >= 1, negative where it is refused.
__device__ inline float gamma_candidate(float shape, unsigned bits_z, unsigned bits_u) {
    const float z = normal(bits_z), d = shape - float(1.0 / 3);
    const float root = 1.0f + z / sqrtf(9.0f * d);
    const float v = most(root * root * root, 1e-20f);
    if (d > GAMMA_SURE) return root > 0.0f ? d * v : -1.0f;
    const float limit = 0.5f * z * z + d * (1.0f - v + logf(v));
    return root > 0.0f && logf(uniform(bits_u)) < limit ? d * v : -1.0f;
}

// Gamma draw of scale 1. `words` are the bits at counter `at`; who is refused draws again from stream + 1, + 2, ...
__device__ inline float gamma_draw(float shape, uint4 words, const Counter& at) {
    const float raised = shape < 1.0f ? shape + 1.0f : shape;
    float drawn = gamma_candidate(raised, words.y, words.z);
    for (int attempt = 1; drawn < 0.0f; ++attempt) {
        if (attempt > MOST_ATTEMPTS) return __uint_as_float(0x7FC00000u);
        const uint4 again = philox(at, attempt);
        drawn = gamma_candidate(raised, again.x, again.y);
    }
    return shape < 1.0f ? drawn * exp_minus(-logf(uniform(words.w)) / shape) : drawn;
}
