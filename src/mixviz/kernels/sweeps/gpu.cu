// Sweeps over documents, a block each; see gpu.py. Compiled for one number of topics, TOPICS.
#include "sweeps/gpu.cuh"

constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;
constexpr int CHUNKS = (TOPICS + WARP - 1) / WARP;                 // of topics, one a lane
constexpr int STRIDE = TOPICS | 1;                                 // odd: rows begin in different banks
constexpr int PADDED = (TOPICS + 15) / 16 * 16;                    // topics in the counters, as on the CPU
constexpr int ALIGNED = (TOPICS + 3) / 4 * 4;                      // topics in shared memory, for loads of four
constexpr int MOST_PARTS = CHUNKS < 16 ? 16 / CHUNKS : 1;          // of a document, whose counts are added up apart
constexpr int ROWS_AT_ONCE = CHUNKS < 8 ? 8 / CHUNKS : 1;          // loads in flight while rows are gathered

extern __shared__ float shared_floats[];

// Entries of a document. Rows of phi and ratios of the first `on_chip` of them lie in shared memory.
struct Document {
    const int* words;
    const float* counts;
    const float* phi;
    float *ratios, *near_ratios, *rows;
    int n, on_chip;
};

// Copies the rows on chip, a warp 32 of them at a time.
__device__ inline void gather(const Document& doc) {
    const int lane = threadIdx.x % WARP;
    for (int first = threadIdx.x / WARP * WARP; first < doc.on_chip; first += blockDim.x) {
        const int own = first + lane < doc.on_chip ? doc.words[first + lane] : 0;
#pragma unroll ROWS_AT_ONCE
        for (int i = 0; i < WARP; ++i) {
            const long long from = static_cast<long long>(__shfl_sync(ALL, own, i)) * TOPICS;
            if (first + i >= doc.on_chip) continue;
#pragma unroll
            for (int k = lane; k < TOPICS; k += WARP) doc.rows[(first + i) * STRIDE + k] = __ldg(doc.phi + from + k);
        }
    }
}

// row . theta; theta lies in shared memory.
__device__ inline float dot(const float* row, const float* theta) {
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
#pragma unroll 4
    for (int k = 0; k < TOPICS / 4 * 4; k += 4) {
        const float4 t = *reinterpret_cast<const float4*>(theta + k);
        s0 += row[k] * t.x;
        s1 += row[k + 1] * t.y;
        s2 += row[k + 2] * t.z;
        s3 += row[k + 3] * t.w;
    }
#pragma unroll
    for (int k = TOPICS / 4 * 4; k < TOPICS; ++k) s0 += row[k] * theta[k];
    return (s0 + s1) + (s2 + s3);
}

// Sets the ratios count / (row . theta), a thread an entry; the last time all of them go to global memory.
__device__ inline void find_ratios(const Document& doc, const float* theta, bool is_last) {
    for (int j = threadIdx.x; j < doc.on_chip; j += blockDim.x) {
        const float ratio = doc.counts[j] / most(dot(doc.rows + j * STRIDE, theta), TINY);
        (is_last ? doc.ratios : doc.near_ratios)[j] = ratio;
    }
    for (int j = doc.on_chip + threadIdx.x; j < doc.n; j += blockDim.x) {
        const float* row = doc.phi + static_cast<long long>(doc.words[j]) * TOPICS;
        doc.ratios[j] = doc.counts[j] / most(dot(row, theta), TINY);
    }
}

// The sum of ratio x weight of topic k over entries first .. last; first and on_chip are multiples of 4.
__device__ inline float sum_topic(const Document& doc, int k, int first, int last) {
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    const int near = min(last, doc.on_chip);
    int j = first;
#pragma unroll 4
    for (; j + 4 <= near; j += 4) {
        const float4 ratio = *reinterpret_cast<const float4*>(doc.near_ratios + j);
        const float* row = doc.rows + j * STRIDE + k;
        s0 += ratio.x * row[0];
        s1 += ratio.y * row[STRIDE];
        s2 += ratio.z * row[2 * STRIDE];
        s3 += ratio.w * row[3 * STRIDE];
    }
    for (; j < near; ++j) s0 += doc.near_ratios[j] * doc.rows[j * STRIDE + k];
#pragma unroll 4
    for (; j < last; ++j) s1 += doc.ratios[j] * __ldg(doc.phi + static_cast<long long>(doc.words[j]) * TOPICS + k);
    return (s0 + s1) + (s2 + s3);
}

// How many parts a document is summed in: by its own length alone, so that its bits do not depend on the launch.
__device__ inline int n_parts(int n) {
    int parts = 1;
    while (parts < MOST_PARTS && parts * WARP < n) parts *= 2;
    return parts < MOST_PARTS ? parts : MOST_PARTS;
}

// Sums the parts, a warp each and a lane a topic.
__device__ inline void sum_parts(const Document& doc, int parts, float* partial) {
    const int length = ((doc.n + parts - 1) / parts + 3) / 4 * 4;
    for (int item = threadIdx.x / WARP; item < CHUNKS * parts; item += blockDim.x / WARP) {
        const int k = item % CHUNKS * WARP + threadIdx.x % WARP, part = item / CHUNKS;
        const int first = min(part * length, doc.n), last = min(first + length, doc.n);
        if (k < TOPICS) partial[part * TOPICS + k] = sum_topic(doc, k, first, last);
    }
}

// Draws x and the weight of a topic whose expected count is given, or takes their limits where `replicas` is 0.
__device__ inline float2 draw_topic(float expected, float alpha, float replicas, const Counter& at) {
    if (!(replicas > 0.0f)) {
        const float x = expected + alpha;
        return make_float2(x, most(exp_digamma(x), TINY));
    }
    const uint4 words = philox(at, 0);
    return draw_weight(poisson(expected * replicas, words.x) + alpha * replicas, replicas, words, at);
}

extern "C" __global__ void __launch_bounds__(512, 3) sweep_documents(
    const int* __restrict__ order, const long long* __restrict__ indptr, const int* __restrict__ words,
    const float* __restrict__ counts, const float* __restrict__ phi, const long long* __restrict__ entities, int room,
    float alpha, float replicas, int n_sweeps, unsigned step, unsigned k0, unsigned k1, float* __restrict__ theta_dk,
    float* __restrict__ x_dk, float* ratios) {
    float* theta = shared_floats;
    float* near_ratios = theta + ALIGNED;
    float* partial = near_ratios + room;
    float* rows = partial + MOST_PARTS * TOPICS;
    const long long d = order[blockIdx.x], begin = indptr[d];
    const int n = static_cast<int>(indptr[d + 1] - begin);
    const Document doc = {words + begin, counts + begin, phi, ratios + begin, near_ratios, rows, n, min(n, room)};
    const int parts = n_parts(n);
    for (int k = threadIdx.x; k < TOPICS; k += blockDim.x) theta[k] = 1.0f;
    gather(doc);
    __syncthreads();
    for (int s = 0; s < n_sweeps; ++s) {
        find_ratios(doc, theta, false);
        __syncthreads();
        sum_parts(doc, parts, partial);
        __syncthreads();
        for (int k = threadIdx.x; k < TOPICS; k += blockDim.x) {
            float expected = 0.0f;
            for (int part = 0; part < parts; ++part) expected += partial[part * TOPICS + k];
            const Counter at = {static_cast<unsigned>(entities[d]), step, static_cast<unsigned>(s * PADDED + k), 0, k0, k1};
            const float2 drawn = draw_topic(expected * theta[k], alpha, replicas, at);
            theta[k] = drawn.y;
            if (s < n_sweeps - 1) continue;
            x_dk[d * TOPICS + k] = drawn.x;
            theta_dk[d * TOPICS + k] = drawn.y;
        }
        __syncthreads();
    }
    find_ratios(doc, theta, true);
}
