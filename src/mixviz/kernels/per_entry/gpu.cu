// One Poisson number per document, word and topic, added with atomics; see gpu.py. Compiled for TOPICS topics.
#include "sweeps/gpu.cuh"

constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;
constexpr int CHUNKS = (TOPICS + WARP - 1) / WARP;   // of topics, one a lane
constexpr int PADDED = (TOPICS + 15) / 16 * 16;      // topics in the counters
constexpr unsigned COUNT_STREAM = 2u << 16, TOPIC_STREAM = 3u << 16;

// Draws the counts of every entry, a warp an entry, and adds them to its document, and to its word in the last sweep.
extern "C" __global__ void __launch_bounds__(256) draw_entries(
    const int* __restrict__ owners, const int* __restrict__ words, const float* __restrict__ counts,
    const float* __restrict__ phi, const float* __restrict__ theta, int n, float replicas, int sweep, int is_last,
    unsigned step, unsigned k0, unsigned k1, float* n_dk, float* n_wk) {
    const int entry = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (entry >= n) return;
    const long long document = static_cast<long long>(owners[entry]) * TOPICS;
    const long long word = static_cast<long long>(words[entry]) * TOPICS;
    float products[CHUNKS], total = 0.0f;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        const int k = chunk * WARP + lane;
        products[chunk] = k < TOPICS ? theta[document + k] * __ldg(phi + word + k) : 0.0f;
        total += products[chunk];
    }
#pragma unroll
    for (int distance = WARP / 2; distance > 0; distance /= 2) total += __shfl_xor_sync(ALL, total, distance);
    const float scale = counts[entry] * replicas / most(total, TINY);
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        const int k = chunk * WARP + lane;
        if (k >= TOPICS) continue;
        const uint4 bits = philox(entry, step, sweep * PADDED + k, COUNT_STREAM, k0, k1);
        const float drawn = poisson(products[chunk] * scale, bits.x);
        if (drawn == 0.0f) continue;
        atomicAdd(n_dk + document + k, drawn);
        if (is_last) atomicAdd(n_wk + word + k, drawn);
    }
}

// Draws the topics of documents, a thread each.
extern "C" __global__ void __launch_bounds__(256) draw_documents(
    const float* __restrict__ n_dk, const long long* __restrict__ entities, int n_documents, float alpha,
    float replicas, int sweep, unsigned step, unsigned k0, unsigned k1, float* __restrict__ theta,
    float* __restrict__ x) {
    const long long at = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= static_cast<long long>(n_documents) * TOPICS) return;
    const unsigned entity = static_cast<unsigned>(entities[at / TOPICS]), k = static_cast<unsigned>(at % TOPICS);
    const Counter counter = {entity, step, sweep * PADDED + k, TOPIC_STREAM, k0, k1};
    const float2 drawn = draw_weight(n_dk[at] + alpha * replicas, replicas, philox(counter, 0), counter);
    x[at] = drawn.x;
    theta[at] = drawn.y;
}
