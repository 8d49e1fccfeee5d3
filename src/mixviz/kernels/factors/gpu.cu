// Nonnegative least squares by coordinate descent, and sums of squares; see gpu.py. Compiled for TOPICS parts.
constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;
constexpr int CHUNKS = (TOPICS + WARP - 1) / WARP;  // of parts, one a lane
constexpr int ANEW = 8;                             // sweeps after which rounding errors of slopes are done away with

extern __shared__ float shared_floats[];

__device__ inline int part_of(int chunk) { return chunk * WARP + threadIdx.x % WARP; }
__device__ inline int n_parts(int chunk) { return TOPICS - chunk * WARP < WARP ? TOPICS - chunk * WARP : WARP; }

// Sets a row's slopes, products - penalties - gram . h, a lane every 32nd of them.
__device__ inline void find_slopes(const float* products, const float* gram, const float* penalties,
                                   const float (&h)[CHUNKS], float (&slope)[CHUNKS]) {
#pragma unroll
    for (int own = 0; own < CHUNKS; ++own) {
        const int k = part_of(own);
        slope[own] = k < TOPICS ? products[k] - penalties[k] : 0.0f;
    }
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        float sums[CHUNKS] = {};
#pragma unroll 2
        for (int i = 0; i < n_parts(chunk); ++i) {
            const float value = __shfl_sync(ALL, h[chunk], i);
            const float* row = gram + (chunk * WARP + i) * TOPICS;
#pragma unroll
            for (int own = 0; own < CHUNKS; ++own)
                if (part_of(own) < TOPICS) sums[own] += row[part_of(own)] * value;
        }
#pragma unroll
        for (int own = 0; own < CHUNKS; ++own) slope[own] -= sums[own];
    }
}

// Visits all entries of a row once: each goes to its minimum, and all slopes follow.
__device__ inline void visit(const float* gram, const float (&inverse)[CHUNKS], float (&h)[CHUNKS],
                             float (&slope)[CHUNKS]) {
    const int lane = threadIdx.x % WARP;
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
#pragma unroll 2
        for (int i = 0; i < n_parts(chunk); ++i) {
            float moved = h[chunk] + inverse[chunk] * slope[chunk];
            moved = moved < 0.0f ? 0.0f : moved;  // NaN stays
            moved = inverse[chunk] == 0.0f ? h[chunk] : moved;
            const float step = __shfl_sync(ALL, moved - h[chunk], i);
            h[chunk] = lane == i ? moved : h[chunk];
            const float* row = gram + (chunk * WARP + i) * TOPICS;
#pragma unroll
            for (int own = 0; own < CHUNKS; ++own)
                if (part_of(own) < TOPICS) slope[own] -= row[part_of(own)] * step;
        }
    }
}

__device__ inline void descend_row(const float* start, const float* products, const float* gram, const float* penalties,
                                   const float (&inverse)[CHUNKS], int n_sweeps, float* out) {
    float h[CHUNKS], slope[CHUNKS];
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) h[chunk] = part_of(chunk) < TOPICS ? start[part_of(chunk)] : 0.0f;
    for (int sweep = 0; sweep < n_sweeps; ++sweep) {
        if (sweep % ANEW == 0) find_slopes(products, gram, penalties, h, slope);
        visit(gram, inverse, h, slope);
    }
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk)
        if (part_of(chunk) < TOPICS) out[part_of(chunk)] = h[chunk];
}

// A warp a row; the gram matrix lies in shared memory where it fits (`is_shared`), else in the caches.
extern "C" __global__ void __launch_bounds__(256, 3) descend(
    const float* __restrict__ start, const float* __restrict__ products, const float* __restrict__ gram,
    const float* __restrict__ penalties, int n_rows, int n_sweeps, int is_shared, float* __restrict__ out) {
    const int warps = blockDim.x / WARP;
    if (is_shared) {
        for (int i = threadIdx.x; i < TOPICS * TOPICS; i += blockDim.x) shared_floats[i] = gram[i];
        __syncthreads();
    }
    float inverse[CHUNKS];
#pragma unroll
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        const int k = part_of(chunk);
        const float diagonal = k < TOPICS ? gram[k * TOPICS + k] : 0.0f;
        inverse[chunk] = diagonal > 0.0f ? 1.0f / diagonal : 0.0f;
    }
    for (long long row = static_cast<long long>(blockIdx.x) * warps + threadIdx.x / WARP; row < n_rows;
         row += static_cast<long long>(gridDim.x) * warps) {
        const long long at = row * TOPICS;
        if (is_shared)
            descend_row(start + at, products + at, shared_floats, penalties, inverse, n_sweeps, out + at);
        else
            descend_row(start + at, products + at, gram, penalties, inverse, n_sweeps, out + at);
    }
}

// The sum of squares of each row of a CSR matrix, a warp a row.
extern "C" __global__ void __launch_bounds__(256) square_rows(const long long* __restrict__ indptr,
                                                              const float* __restrict__ values, int n_rows,
                                                              double* __restrict__ out) {
    const int row = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP, lane = threadIdx.x % WARP;
    if (row >= n_rows) return;
    double sum = 0.0;
    for (long long e = indptr[row] + lane; e < indptr[row + 1]; e += WARP) {
        const double x = static_cast<double>(values[e]);
        sum += x * x;
    }
#pragma unroll
    for (int distance = WARP / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(ALL, sum, distance);
    if (lane == 0) out[row] = sum;
}
