// Sums of the rows of each cluster, in order: block (k, tile, segment) looks through a segment's labels.
#pragma once

constexpr int LISTED = 4 * THREADS;  // labels that a block looks through at a time

// Lists, in order, which of LISTED labels from `first` on are `k`; returns how many. All threads of the block call it.
__device__ inline int list_rows(const int* labels, long long first, long long last, int k, int* listed, int* counts) {
    const int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    unsigned found[LISTED / THREADS];
    int n = 0;
#pragma unroll
    for (int i = 0; i < LISTED / THREADS; ++i) {
        const long long b = first + warp * (LISTED / WARPS) + i * WARP + lane;
        found[i] = __ballot_sync(0xffffffffu, b < last && labels[b] == k);
        n += __popc(found[i]);
    }
    if (lane == 0) counts[warp] = n;  // the list before may still be in use, its counts no more
    __syncthreads();
    int at = 0, total = 0;
    for (int i = 0; i < WARPS; ++i) {
        at += i < warp ? counts[i] : 0;
        total += counts[i];
    }
#pragma unroll
    for (int i = 0; i < LISTED / THREADS; ++i) {
        const int before = __popc(found[i] & ((1u << lane) - 1u));
        if (found[i] >> lane & 1u) listed[at + before] = warp * (LISTED / WARPS) + i * WARP + lane;
        at += __popc(found[i]);
    }
    __syncthreads();
    return total;
}

// Adds the listed rows' features of this thread: four neighbours, or four that lie THREADS apart.
template <typename T>
__device__ inline float4 add_rows(float4 sum, const T* data, const int* listed, int n, int F, bool is_aligned) {
    const int tile = blockIdx.y * 4 * THREADS, f = tile + threadIdx.x * (is_aligned ? 4 : 1);
    if (is_aligned && f < F) {
#pragma unroll 8
        for (int i = 0; i < n; ++i) {
            const float4 x = four(data + (long long)listed[i] * F + f);
            sum.x += x.x, sum.y += x.y, sum.z += x.z, sum.w += x.w;
        }
    } else if (!is_aligned) {
#pragma unroll 4
        for (int i = 0; i < n; ++i) {
            const T* row = data + (long long)listed[i] * F;
            sum.x += f < F ? float(row[f]) : 0.0f;
            sum.y += f + THREADS < F ? float(row[f + THREADS]) : 0.0f;
            sum.z += f + 2 * THREADS < F ? float(row[f + 2 * THREADS]) : 0.0f;
            sum.w += f + 3 * THREADS < F ? float(row[f + 3 * THREADS]) : 0.0f;
        }
    }
    return sum;
}

template <typename T>
__device__ inline void sum_rows(const T* data, const int* labels, long long n, long long n_each, int F, int K,
                                bool is_aligned, int* listed, int* counts, float* sums, int* sizes) {
    const long long first = blockIdx.z * n_each, last = first + n_each < n ? first + n_each : n;
    float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
    int size = 0;
    for (long long b = first; b < last; b += LISTED) {
        const int n_found = list_rows(labels, b, last, blockIdx.x, listed, counts);
        sum = add_rows(sum, data + b * F, listed, n_found, F, is_aligned);
        size += n_found;
    }
    const long long place = (long long)blockIdx.z * K + blockIdx.x;
    const int step = is_aligned ? 1 : THREADS, f = blockIdx.y * 4 * THREADS + threadIdx.x * (is_aligned ? 4 : 1);
    if (f < F) sums[place * F + f] = sum.x;
    if (f + step < F) sums[place * F + f + step] = sum.y;
    if (f + 2 * step < F) sums[place * F + f + 2 * step] = sum.z;
    if (f + 3 * step < F) sums[place * F + f + 3 * step] = sum.w;
    if (threadIdx.x == 0 && blockIdx.y == 0) sizes[place] = size;
}
