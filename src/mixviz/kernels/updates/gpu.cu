// The model update, and sums of columns; see gpu.py. Compiled for one number of topics, TOPICS.
constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;
constexpr int CHUNKS = (TOPICS + WARP - 1) / WARP;  // of topics, one a lane
constexpr int WARPS = 8;                            // in a block that works on rows
constexpr int ROWS = 16;                            // that a warp works on
constexpr float TINY = 1e-20f;

__device__ inline float most(float x, float bound) { return x < bound ? bound : x; }  // unlike fmaxf, NaN stays

// The sum over a warp's lanes, the same for all of them.
__device__ inline float sum_of_warp(float x) {
#pragma unroll
    for (int distance = WARP / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(ALL, x, distance);
    return x;
}

// Row of a matrix that a warp works on in turn `i`.
__device__ inline long long row_of(int i) { return (static_cast<long long>(blockIdx.x) * ROWS + i) * WARPS + threadIdx.x / WARP; }

// Adds up what the warps of a block found for each column, in order; `totals` are a thread's own columns.
__device__ inline void put_totals(const float (&totals)[CHUNKS], double* partials) {
    __shared__ float parts[WARPS][WARP];
    const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        parts[warp][lane] = totals[chunk];
        __syncthreads();
        const int k = chunk * WARP + lane;
        if (warp == 0 && k < TOPICS) {
            double total = 0.0;
            for (int i = 0; i < WARPS; ++i) total += static_cast<double>(parts[i][lane]);
            partials[static_cast<long long>(blockIdx.x) * TOPICS + k] = total;
        }
        __syncthreads();
    }
}

// One pass over the topics: average, move against the mixins, clip; and the sums of the columns, block by block.
extern "C" __global__ void __launch_bounds__(WARPS * WARP) update_words(
    const float* __restrict__ phi, const float* __restrict__ sums, const float* __restrict__ keep,
    const float* __restrict__ gain, const float* __restrict__ floor, const float* __restrict__ least, int n_words,
    float l1, float l2, float cosine, float entropy, float* __restrict__ out, double* __restrict__ partials) {
    const int lane = threadIdx.x % WARP;
    const float uniform = l2 / static_cast<float>(n_words);
    const bool has_mixins = l1 != 0.0f || l2 != 0.0f || cosine != 0.0f;
    float totals[CHUNKS] = {};
    for (int i = 0; i < ROWS; ++i) {
        const long long word = row_of(i);
        if (word >= n_words) break;
        float row[CHUNKS], share = 0.0f;
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            const int k = chunk * WARP + lane;
            const bool is_topic = k < TOPICS;
            const long long at = word * TOPICS + k;
            row[chunk] = is_topic ? phi[at] * keep[k] + floor[k] + sums[at] * gain[k] : 0.0f;
            share += row[chunk];
        }
        if (has_mixins) share = sum_of_warp(share);
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            const int k = chunk * WARP + lane;
            if (k >= TOPICS) continue;
            float x = row[chunk];
            if (has_mixins) x += uniform - l1 - l2 * x - cosine * (share - x);
            if (entropy != 0.0f) x += entropy * (1.0f + logf(most(x, TINY)));
            x = most(x, least[k]);
            out[word * TOPICS + k] = x;
            totals[chunk] += x;
        }
    }
    put_totals(totals, partials);
}

// The sums of a matrix's columns, block by block.
extern "C" __global__ void __launch_bounds__(WARPS * WARP) sum_columns(const float* __restrict__ matrix, int n_rows,
                                                                       double* __restrict__ partials) {
    float totals[CHUNKS] = {};
    for (int i = 0; i < ROWS; ++i) {
        const long long row = row_of(i);
        if (row >= n_rows) break;
#pragma unroll
        for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            const int k = chunk * WARP + threadIdx.x % WARP;
            if (k < TOPICS) totals[chunk] += matrix[row * TOPICS + k];
        }
    }
    put_totals(totals, partials);
}

// Adds up the blocks' sums: a block of 32 warps for 32 columns, each warp every 32nd of them.
extern "C" __global__ void __launch_bounds__(WARP * WARP) add_blocks(const double* __restrict__ partials, int n_blocks,
                                                                     double* __restrict__ totals) {
    __shared__ double parts[WARP][WARP];
    const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, k = blockIdx.x * WARP + lane;
    double total = 0.0;
    for (int i = warp; i < n_blocks && k < TOPICS; i += WARP) total += partials[static_cast<long long>(i) * TOPICS + k];
    parts[warp][lane] = total;
    __syncthreads();
    if (warp > 0 || k >= TOPICS) return;
    total = 0.0;
    for (int i = 0; i < WARP; ++i) total += parts[i][lane];
    totals[k] = total;
}

// Divides columns by their totals; a column that lost everything becomes uniform.
extern "C" __global__ void __launch_bounds__(256) normalise_columns(float* __restrict__ phi, int n_words,
                                                                    const double* __restrict__ totals) {
    const long long at = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (at >= static_cast<long long>(n_words) * TOPICS) return;
    const double total = totals[at % TOPICS];
    const float share = 1.0f / static_cast<float>(n_words);
    phi[at] = total <= 0.0 ? share : phi[at] * (1.0f / static_cast<float>(total));
}

// A thread a topic: its new size, and the rates keep, gain, floor and least of the update, one row each of `found`.
extern "C" __global__ void __launch_bounds__(256)
    find_rates(const float* __restrict__ sizes, const double* __restrict__ counted, float kept, float gain, float floor,
               float least, int n_words, float* __restrict__ found) {
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= TOPICS) return;
    const double left = double(kept) * double(sizes[k]);
    const double size = left + double(gain) * counted[k] + double(n_words) * double(floor);
    found[k] = float(size);
    found[TOPICS + k] = float(left / size);
    found[2 * TOPICS + k] = float(double(gain) / size);
    found[3 * TOPICS + k] = float(double(floor) / size);
    found[4 * TOPICS + k] = float(double(least) / size);
}
