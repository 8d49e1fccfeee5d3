// One pass over the words of an array: a sum of mixed words, and whether a float is NaN or infinite.
// Sums of whole numbers do not depend on their order, so neither does the digest.

#define THREADS 256

// The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014): every bit of the input reaches every bit.
__device__ inline unsigned long long mixed(unsigned long long x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9ull;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

extern "C" __global__ void audit(const unsigned int* __restrict__ words, long long n, int is_float,
                                 unsigned long long* __restrict__ found) {
    __shared__ unsigned long long sums[THREADS];
    __shared__ unsigned int bad[THREADS];
    unsigned long long sum = 0;
    unsigned int n_bad = 0;
    const long long stride = (long long)gridDim.x * THREADS;
    for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < n; i += stride) {
        const unsigned int word = words[i];
        sum += mixed(((unsigned long long)word << 32) ^ (unsigned long long)i);
        n_bad += is_float && (word & 0x7F800000u) == 0x7F800000u;
    }
    sums[threadIdx.x] = sum;
    bad[threadIdx.x] = n_bad;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
            bad[threadIdx.x] += bad[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        found[2 * blockIdx.x] = sums[0];
        found[2 * blockIdx.x + 1] = bad[0];
    }
}
