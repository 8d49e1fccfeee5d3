// The label of a row and its distance to that centre: a warp a row.
#pragma once

#include "draws/gpu.cuh"

constexpr unsigned STREAM = 6u << 16;  // of the random numbers: mixviz.kernels.assign.reference

// What products of a row with centre k are read from: floats, or sums of bytes of 32 bits.
struct FloatProducts {
    const float* products;
    int K;
    __device__ float operator()(long long b, int k) const { return products[b * K + k]; }
};

// A centre is whole numbers times its scale, 256 high + low, each a signed byte; what rows have less is in the shifts.
struct ByteProducts {
    const int* products;
    const float* scales;
    int width;  // numbers of all centres' high bytes, and of their low bytes
    __device__ float operator()(long long b, int k) const {
        const int* row = products + b * 2 * width + k;
        return scales[k] * fmaf(256.0f, float(row[0]), float(row[width]));
    }
};

// -log(-log(u)) of u = uniform(bits); from 1 - u where u is above a half, which float32 rounds.
__device__ inline float gumbel(unsigned bits) {
    const bool is_upper = bits > 0x7FFFFFFFu;
    const float small = uniform(is_upper ? ~bits : bits), rest = 1.0f - small;
    const bool is_tiny = rest > 0.9999999f;
    const float series = -logf(rest) * small / (is_tiny ? 1.0f : 1.0f - rest);
    return -logf(is_upper ? (is_tiny ? small : series) : -logf(small));
}

// What random labels depend on; no chance at all where the temperature is 0.
struct Chance {
    float temperature;
    unsigned step, k0, k1;
};

// The cluster of least cost, the first of equal ones; 0 where all costs are infinite or NaN. All lanes get it.
// Lane i takes the draws i, i + 32, ...: word w of draw 16 i + j belongs to cluster 64 i + 16 w + j.
template <typename Products>
__device__ inline int cheapest(Products product, long long b, const float* shifts, int K, unsigned row, Chance chance) {
    const bool is_random = chance.temperature > 0.0f;
    const int n_draws = (K + 63) / 64 * 16;
    float least = __uint_as_float(0x7F800000u);
    int best = K;
    for (int draw = threadIdx.x % WARP; draw < n_draws; draw += WARP) {
        unsigned words[4] = {0, 0, 0, 0};
        if (is_random) {
            const uint4 bits = philox(row, chance.step, draw, STREAM, chance.k0, chance.k1);
            words[0] = bits.x, words[1] = bits.y, words[2] = bits.z, words[3] = bits.w;
        }
#pragma unroll
        for (int w = 0; w < 4; ++w) {
            const int k = draw / 16 * 64 + 16 * w + draw % 16;
            float cost = k < K ? shifts[k] - 2.0f * product(b, k) : least;
            if (is_random && k < K) cost -= chance.temperature * gumbel(words[w]);
            if (cost < least) least = cost, best = k;
        }
    }
#pragma unroll
    for (int other = WARP / 2; other > 0; other /= 2) {
        const float cost = __shfl_xor_sync(0xffffffffu, least, other);
        const int k = __shfl_xor_sync(0xffffffffu, best, other);
        if (cost < least || (cost == least && k < best)) least = cost, best = k;
    }
    return best < K ? best : 0;
}

// The weighted squared distance of a row to a centre, from differences: nothing cancels. All lanes get it.
template <typename T>
__device__ inline float distance(const T* row, const float* centre, const float* weights, int F, bool is_aligned) {
    float total = 0.0f;
    if (is_aligned) {
#pragma unroll 4
        for (int f = threadIdx.x % WARP * 4; f < F; f += 4 * WARP) {
            const float4 x = four(row + f), c = four(centre + f), weight = four(weights + f);
            total = fmaf(weight.x * (x.x - c.x), x.x - c.x, total);
            total = fmaf(weight.y * (x.y - c.y), x.y - c.y, total);
            total = fmaf(weight.z * (x.z - c.z), x.z - c.z, total);
            total = fmaf(weight.w * (x.w - c.w), x.w - c.w, total);
        }
    } else {
        for (int f = threadIdx.x % WARP; f < F; f += WARP) {
            const float away = float(row[f]) - centre[f];
            total = fmaf(weights[f] * away, away, total);
        }
    }
    return warp_sum(total);
}

template <typename T, typename Products>
__device__ inline void label(const T* data, Products products, const float* centres, const float* weights,
                             const float* shifts, const long long* rows, int n, int F, int K, bool is_aligned,
                             Chance chance, int* labels, float* distances) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const unsigned row = chance.temperature > 0.0f ? unsigned(rows[b]) : 0;
    const int k = cheapest(products, b, shifts, K, row, chance);
    const float found = distance(data + b * F, centres + (long long)k * F, weights, F, is_aligned);
    if (threadIdx.x % WARP == 0) labels[b] = k, distances[b] = found;
}
