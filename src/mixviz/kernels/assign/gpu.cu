// Nearest clusters: centres made ready, rows as floats, the least cost of each row, and the sums of each cluster's rows.
// Every kernel has THREADS threads a block. Sums have a fixed order, so that a run gives the same bits again.
#include "assign/features.cuh"
#include "assign/labels.cuh"
#include "assign/sums.cuh"

constexpr int LARGEST = 127 * 256 + 127, MIDDLE = 0x8080;  // of centres as bytes: the largest n, and what makes n >= 0

// ---- centres and rows made ready for products

// A block a cluster: weighted = weights * centre, `width` numbers of which those beyond F are 0;
// length = sum of weights * centre^2; shift = length + offset.
extern "C" __global__ void __launch_bounds__(THREADS)
    weigh_centres(const float* __restrict__ centres, const float* __restrict__ weights,
                  const float* __restrict__ offsets, int F, int width, float* __restrict__ weighted,
                  float* __restrict__ lengths, float* __restrict__ shifts) {
    __shared__ float parts[WARPS];
    const long long k = blockIdx.x;
    float length = 0.0f;
    for (int f = threadIdx.x; f < width; f += THREADS) {
        const float centre = f < F ? centres[k * F + f] : 0.0f, product = f < F ? weights[f] * centre : 0.0f;
        weighted[k * width + f] = product;
        length = fmaf(product, centre, length);
    }
    length = block_sum(length, parts);
    if (threadIdx.x > 0) return;
    lengths[k] = length;
    shifts[k] = length + offsets[k];
}

// A warp a row: bytes as floats, `width` (a multiple of 4) a row, of which those beyond F are 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    bytes_to_floats(const unsigned char* __restrict__ data, int n, int F, int width, int is_aligned,
                    float* __restrict__ floats) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const unsigned char* row = data + b * F;
    for (int f = threadIdx.x % WARP * 4; f < width; f += 4 * WARP) {
        float4 numbers;
        if (is_aligned) {
            numbers = four(row + f);
        } else {
            numbers.x = row[f];  // width is the next multiple of 4, so that f < F
            numbers.y = f + 1 < F ? float(row[f + 1]) : 0.0f;
            numbers.z = f + 2 < F ? float(row[f + 2]) : 0.0f;
            numbers.w = f + 3 < F ? float(row[f + 3]) : 0.0f;
        }
        *reinterpret_cast<float4*>(floats + b * width + f) = numbers;
    }
}

// A block a cluster of `K_padded`: weights * centre as whole numbers n of 16 bits times a scale, n as two signed bytes,
// 256 high + low; high bytes in rows 0 to K_padded - 1, low ones after them. The length fits the rounded centre,
// (2 rounded - weighted) centre, so that costs near it err little; the shift makes up for the 128 that rows have less.
// What is beyond F or K is 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    pack_centres(const float* __restrict__ centres, const float* __restrict__ weights,
                 const float* __restrict__ offsets, int F, int width, int K, int K_padded,
                 signed char* __restrict__ limbs, float* __restrict__ scales, float* __restrict__ shifts) {
    __shared__ float parts[WARPS];
    __shared__ long long whole_parts[WARPS];
    const long long k = blockIdx.x;
    const int n_features = k < K ? F : 0;
    float largest = 1e-30f, length = 0.0f;
    for (int f = threadIdx.x; f < n_features; f += THREADS)
        largest = fmaxf(largest, fabsf(weights[f] * centres[k * F + f]));
    const float scale = block_most(largest, parts) / float(LARGEST), inverse = 1.0f / scale;
    long long total = 0;
    for (int f = threadIdx.x; f < width; f += THREADS) {
        const float centre = f < n_features ? centres[k * F + f] : 0.0f;
        const float weighted = f < n_features ? weights[f] * centre : 0.0f;
        const int n = int(floorf(weighted * inverse + (MIDDLE + 0.5f)));
        limbs[k * width + f] = (signed char)((n >> 8) - 128);
        limbs[(K_padded + k) * width + f] = (signed char)((n & 255) - 128);
        total += n - MIDDLE;
        length += (2.0f * float(n - MIDDLE) * scale - weighted) * centre;
    }
    total = block_sum(total, whole_parts);
    length = block_sum(length, parts);
    if (threadIdx.x > 0 || k >= K) return;
    scales[k] = scale;
    shifts[k] = float(double(length) + double(offsets[k]) - 256.0 * double(scale) * double(total));
}

// A warp a row: bytes less 128, `width` (a multiple of 4) a row; what is beyond F is 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    bytes_to_signed(const unsigned char* __restrict__ data, int n, int F, int width, int is_aligned,
                    unsigned int* __restrict__ numbers) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const unsigned char* row = data + b * F;
#pragma unroll 4
    for (int f = threadIdx.x % WARP * 4; f < width; f += 4 * WARP) {
        unsigned bytes = 0x80808080u;
        if (is_aligned && f < F) {
            bytes = *reinterpret_cast<const unsigned*>(row + f);
        } else {
            for (int i = 0; i < 4; ++i)
                if (f + i < F) bytes ^= (0x80u ^ row[f + i]) << 8 * i;
        }
        numbers[b * (width / 4) + f / 4] = bytes ^ 0x80808080u;
    }
}

// A block a CSR row: its products with all centres; weighted has the shape (F, K).
extern "C" __global__ void __launch_bounds__(THREADS)
    multiply_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
                    const float* __restrict__ values, const float* __restrict__ weighted, int K,
                    float* __restrict__ products) {
    const long long b = blockIdx.x, first = indptr[b], last = indptr[b + 1];
    for (int k = threadIdx.x; k < K; k += THREADS) {
        float product = 0.0f;
#pragma unroll 4
        for (long long i = first; i < last; ++i)
            product = fmaf(values[i], weighted[(long long)indices[i] * K + k], product);
        products[b * K + k] = product;
    }
}

// ---- labels: a warp a row

extern "C" __global__ void __launch_bounds__(THREADS)
    label_bytes(const unsigned char* __restrict__ data, const float* __restrict__ products,
                const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                const long long* __restrict__ rows, int n, int F, int K, int is_aligned, float temperature,
                unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                float* __restrict__ distances) {
    const Chance chance = {temperature, step, k0, k1};
    label(data, FloatProducts{products, K}, centres, weights, shifts, rows, n, F, K, is_aligned, chance, labels, distances);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    label_floats(const float* __restrict__ data, const float* __restrict__ products,
                 const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                 const long long* __restrict__ rows, int n, int F, int K, int is_aligned, float temperature,
                 unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                 float* __restrict__ distances) {
    const Chance chance = {temperature, step, k0, k1};
    label(data, FloatProducts{products, K}, centres, weights, shifts, rows, n, F, K, is_aligned, chance, labels, distances);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    label_signed(const unsigned char* __restrict__ data, const int* __restrict__ products,
                 const float* __restrict__ scales, int width,
                 const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                 const long long* __restrict__ rows, int n, int F, int K, int is_aligned, float temperature,
                 unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                 float* __restrict__ distances) {
    const Chance chance = {temperature, step, k0, k1};
    const ByteProducts found = {products, scales, width};
    label(data, found, centres, weights, shifts, rows, n, F, K, is_aligned, chance, labels, distances);
}

// CSR rows: distance = centre's length + sum over the entries x of weight x (x - 2 centre); it cannot be below 0.
extern "C" __global__ void __launch_bounds__(THREADS)
    label_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
                 const float* __restrict__ values, const float* __restrict__ products,
                 const float* __restrict__ centres, const float* __restrict__ weights, const float* __restrict__ shifts,
                 const float* __restrict__ lengths, const long long* __restrict__ rows, int n, int F, int K,
                 float temperature, unsigned int step, unsigned int k0, unsigned int k1, int* __restrict__ labels,
                 float* __restrict__ distances) {
    const long long b = (long long)blockIdx.x * WARPS + threadIdx.x / WARP;
    if (b >= n) return;
    const int lane = threadIdx.x % WARP;
    const unsigned row = temperature > 0.0f ? unsigned(rows[b]) : 0;
    const int k = cheapest(FloatProducts{products, K}, b, shifts, K, row, {temperature, step, k0, k1});
    const float* centre = centres + (long long)k * F;
    float total = 0.0f;
    for (long long i = indptr[b] + lane; i < indptr[b + 1]; i += WARP) {
        const int f = indices[i];
        total = fmaf(weights[f] * values[i], values[i] - 2.0f * centre[f], total);
    }
    total = warp_sum(total);
    if (lane == 0) labels[b] = k, distances[b] = fmaxf(total + lengths[k], 0.0f);
}

// ---- centres: block (k, tile, segment) adds up the rows of a segment that belong to cluster k

extern "C" __global__ void __launch_bounds__(THREADS)
    sum_bytes(const unsigned char* __restrict__ data, const int* __restrict__ labels, long long n, long long n_each,
              int F, int K, int is_aligned, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    sum_rows(data, labels, n, n_each, F, K, is_aligned, listed, counts, sums, sizes);
}

extern "C" __global__ void __launch_bounds__(THREADS)
    sum_floats(const float* __restrict__ data, const int* __restrict__ labels, long long n, long long n_each, int F,
               int K, int is_aligned, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    sum_rows(data, labels, n, n_each, F, K, is_aligned, listed, counts, sums, sizes);
}

// CSR rows, of which none has a column twice: one row after the other into the block's own sums, a thread an entry.
extern "C" __global__ void __launch_bounds__(THREADS)
    sum_sparse(const long long* __restrict__ indptr, const int* __restrict__ indices,
               const float* __restrict__ values, const int* __restrict__ labels, long long n, long long n_each, int F,
               int K, float* __restrict__ sums, int* __restrict__ sizes) {
    __shared__ int listed[LISTED], counts[WARPS];
    const long long first = blockIdx.z * n_each, last = first + n_each < n ? first + n_each : n;
    const long long place = (long long)blockIdx.z * K + blockIdx.x;
    int size = 0;
    for (int f = threadIdx.x; f < F; f += THREADS) sums[place * F + f] = 0.0f;
    for (long long b = first; b < last; b += LISTED) {
        const int n_found = list_rows(labels, b, last, blockIdx.x, listed, counts);
        for (int i = 0; i < n_found; ++i) {
            const long long row = b + listed[i];
            for (long long j = indptr[row] + threadIdx.x; j < indptr[row + 1]; j += THREADS)
                sums[place * F + indices[j]] += values[j];
            __syncthreads();
        }
        size += n_found;
    }
    if (threadIdx.x == 0) sizes[place] = size;
}

// Block (k, tile): the segments' sums in order, and the centre a share of the way to the mean; without rows it stays.
extern "C" __global__ void __launch_bounds__(THREADS)
    move_centres(const float* __restrict__ sums, const int* __restrict__ sizes, const float* __restrict__ centres,
                 int n_segments, int F, int K, float rate, float* __restrict__ moved, long long* __restrict__ counts) {
    const long long k = blockIdx.x;
    const int f = blockIdx.y * THREADS + threadIdx.x;
    long long size = 0;
    for (int segment = 0; segment < n_segments; ++segment) size += sizes[(long long)segment * K + k];
    if (f == 0) counts[k] = size;
    if (f >= F) return;
    float sum = 0.0f;
    for (int segment = 0; segment < n_segments; ++segment) sum += sums[((long long)segment * K + k) * F + f];
    const float centre = centres[k * F + f];
    moved[k * F + f] = size > 0 ? centre + rate * (sum * (1.0f / float(size)) - centre) : centre;
}

// One block: the rows of each cluster, and after them the sum of the distances.
extern "C" __global__ void __launch_bounds__(THREADS)
    totals(const long long* __restrict__ counts, const float* __restrict__ distances, long long n, int K,
           double* __restrict__ both) {
    __shared__ double parts[THREADS];
    for (int k = threadIdx.x; k < K; k += THREADS) both[k] = double(counts[k]);
    double sum = 0.0;
#pragma unroll 8
    for (long long b = threadIdx.x; b < n; b += THREADS) sum += double(distances[b]);
    parts[threadIdx.x] = sum;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    }
    if (threadIdx.x == 0) both[K] = parts[0];
}
