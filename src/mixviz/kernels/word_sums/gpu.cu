// Sums of rows over groups of entries, group after group; see gpu.py. Nothing is added in an order left to chance.
#include "draws/gpu.cuh"

constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffffu;
constexpr unsigned WORD_STREAM = 1u << 16;
constexpr int AT_ONCE = 8;  // rows in flight

// starts[g] = the first of the sorted `keys` that is at least g, for g = 0 .. n_groups.
extern "C" __global__ void find_starts(const int* __restrict__ keys, int n, int n_groups, long long* __restrict__ starts) {
    const int group = blockIdx.x * blockDim.x + threadIdx.x;
    if (group > n_groups) return;
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (keys[middle] < group) low = middle + 1;
        else high = middle;
    }
    starts[group] = low;
}

// Adds factors[j] * wide[terms[j]] over the sorted entries of one window, a warp a window and a lane a column.
// What is added up for the group that the window begins in goes to `heads`, for the others to `sums`.
extern "C" __global__ void __launch_bounds__(256) sum_windows(
    const int* __restrict__ keys, const long long* __restrict__ order, const int* __restrict__ terms,
    const float* __restrict__ factors, const float* __restrict__ wide, int n, int n_columns,
    float* __restrict__ heads, float* __restrict__ sums) {
    const int window = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    const int lane = threadIdx.x % WARP, column = blockIdx.y * WARP + lane;
    const long long first = static_cast<long long>(window) * WINDOW;
    if (first >= n) return;
    const int last = static_cast<int>(first + WINDOW < n ? first + WINDOW : n);
    const bool is_column = column < n_columns;
    int group = keys[first];
    float *target = heads + static_cast<long long>(window) * n_columns + column, sum = 0.0f;
    for (int base = static_cast<int>(first); base < last; base += WARP) {
        const bool is_entry = base + lane < last;
        const long long own = is_entry ? order[base + lane] : 0;
        const int own_key = is_entry ? keys[base + lane] : 0, own_term = is_entry ? terms[own] : 0;
        const float own_factor = is_entry ? factors[own] : 0.0f;
        for (int begin = 0; begin < WARP; begin += AT_ONCE) {
            float values[AT_ONCE];
#pragma unroll
            for (int i = 0; i < AT_ONCE; ++i) {
                const long long term = __shfl_sync(ALL, own_term, begin + i);
                const bool is_read = is_column && base + begin + i < last;
                values[i] = is_read ? __ldg(wide + term * n_columns + column) : 0.0f;
            }
#pragma unroll
            for (int i = 0; i < AT_ONCE; ++i) {
                const int key = __shfl_sync(ALL, own_key, begin + i);
                const float factor = __shfl_sync(ALL, own_factor, begin + i);
                if (base + begin + i >= last) continue;
                if (key != group) {
                    if (is_column) *target = sum;
                    group = key;
                    target = sums + static_cast<long long>(group) * n_columns + column;
                    sum = 0.0f;
                }
                sum += factor * values[i];
            }
        }
    }
    if (is_column) *target = sum;
}

// Adds the windows of each group in order, multiplies by `weights`, and draws; groups without entries become zero.
extern "C" __global__ void __launch_bounds__(256) finish_groups(
    const long long* __restrict__ starts, const float* __restrict__ heads, const float* __restrict__ weights,
    int has_weights, int n_groups, int n_columns, float replicas, unsigned step, unsigned k0, unsigned k1,
    float* __restrict__ sums) {
    const int group = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    const int column = blockIdx.y * WARP + threadIdx.x % WARP;
    if (group >= n_groups || column >= n_columns) return;
    const long long first = starts[group], last = starts[group + 1], at = static_cast<long long>(group) * n_columns + column;
    float total = 0.0f;
    if (first < last) {
        const long long window = (first + WINDOW - 1) / WINDOW, n_windows = (last + WINDOW - 1) / WINDOW;
        if (first % WINDOW != 0) total = sums[at];
#pragma unroll 4
        for (long long i = window; i < n_windows; ++i) total += heads[i * n_columns + column];
        if (has_weights) total *= __ldg(weights + at);
        if (replicas > 0.0f) {
            const uint4 words = philox(group, step, column, WORD_STREAM, k0, k1);
            total = poisson(total * replicas, words.x) * (1.0f / replicas);
        }
    }
    sums[at] = total;
}
