// needs: RecurrentActivation, GateMatrix, RecurrentCells, SparseGemvWindows
using System;

namespace PruneCompiler.Runtime;

/// <summary>The kinds of recurrent layers.</summary>
internal enum RecurrentKind
{
    /// <summary>One gate.</summary>
    Rnn,

    /// <summary>Gates update, reset, hidden; the reset gate acts on the state.</summary>
    Gru,

    /// <summary>The same; the reset gate acts on the product of the state.</summary>
    GruLinear,

    /// <summary>Gates input, output, forget, cell.</summary>
    Lstm,
}

/// <summary>Runs one direction of a recurrent layer (ONNX RNN, GRU, LSTM) behind the product of its inputs.</summary>
internal static unsafe class Recurrent
{
    /// <summary>Floats of scratch memory for a hidden size.</summary>
    public static int ScratchFloats(int hidden) => (2 * SparseGemvWindows.ReadableInputs(hidden)) + (6 * hidden);

    /// <summary>Runs all steps of all sequences.</summary>
    /// <param name="kind">Kind of the layer.</param>
    /// <param name="first">Recurrent weights; of a GRU those of the update and reset gates.</param>
    /// <param name="second">Recurrent weights of a GRU's hidden gate.</param>
    /// <param name="projection">[step][sequence]: W x + bias of all gates, <paramref name="projectionRow"/> floats from one to the next.</param>
    /// <param name="projectionRow">At least gates * hidden.</param>
    /// <param name="hiddenBias">Recurrent bias of the hidden gate of <see cref="RecurrentKind.GruLinear"/>, or null.</param>
    /// <param name="peepholes">[3][hidden]: weights from the cell to the gates input, output, forget of an LSTM; or null.</param>
    /// <param name="lengths">[sequence]: steps of each, or null when all have <paramref name="steps"/>. Others are taken as the nearest possible.</param>
    /// <param name="start">[sequence][hidden]: the state to start with, or null for zeros.</param>
    /// <param name="startCell">The same for the cell of an LSTM.</param>
    /// <param name="output">[step][sequence][hidden], <paramref name="outputStep"/> floats from step to step; zero behind the end of a sequence.</param>
    /// <param name="outputStep">At least batch * hidden.</param>
    /// <param name="last">[sequence][hidden]: receives the state at the end.</param>
    /// <param name="lastCell">The same for the cell of an LSTM, else null.</param>
    /// <param name="steps">Steps of the longest sequence.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="hidden">Size of the state.</param>
    /// <param name="reverse">Last step first.</param>
    /// <param name="inputForget">True couples the forget gate of an LSTM to its input gate.</param>
    /// <param name="clip">Limit of what goes into activations; infinity for none.</param>
    /// <param name="f">Activation of the gates.</param>
    /// <param name="g">Activation of what enters the state.</param>
    /// <param name="h">Activation of an LSTM's cell.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats.</param>
    public static void Run(
        RecurrentKind kind, GateMatrix first, GateMatrix second, float* projection, nint projectionRow, float* hiddenBias, float* peepholes, int* lengths, float* start, float* startCell,
        float* output, nint outputStep, float* last, float* lastCell, int steps, int batch, int hidden, bool reverse, bool inputForget, float clip,
        RecurrentActivation f, RecurrentActivation g, RecurrentActivation h, float* scratch)
    {
        var readable = SparseGemvWindows.ReadableInputs(hidden);
        float* state = scratch, other = state + readable, cell = other + readable, gates = cell + hidden;
        new Span<float>(scratch, 2 * readable).Clear(); // what the kernels read behind the state has to be finite
        var cells = new RecurrentCells(first, second, hiddenBias, peepholes, hidden, inputForget, clip, f, g, h, state, other, cell, gates);
        for (var b = 0; b < batch; b++)
        {
            Load(start, b, hidden, state);
            Load(startCell, b, hidden, cell);
            var length = lengths == null ? steps : Math.Clamp(lengths[b], 0, steps);
            for (var s = 0; s < length; s++)
            {
                var t = reverse ? length - 1 - s : s;
                cells.Step(kind, projection + ((((nint)t * batch) + b) * projectionRow));
                new Span<float>(state, hidden).CopyTo(new Span<float>(output + (t * outputStep) + ((nint)b * hidden), hidden));
            }

            for (var t = length; t < steps; t++)
            {
                new Span<float>(output + (t * outputStep) + ((nint)b * hidden), hidden).Clear();
            }

            new Span<float>(state, hidden).CopyTo(new Span<float>(last + ((nint)b * hidden), hidden));
            if (lastCell != null)
            {
                new Span<float>(cell, hidden).CopyTo(new Span<float>(lastCell + ((nint)b * hidden), hidden));
            }
        }
    }

    private static void Load(float* from, int b, int hidden, float* to)
    {
        if (from == null)
        {
            new Span<float>(to, hidden).Clear();
        }
        else
        {
            new Span<float>(from + ((nint)b * hidden), hidden).CopyTo(new Span<float>(to, hidden));
        }
    }
}
