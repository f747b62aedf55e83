package plumbline.model;

/** How rotary frequencies are stretched beyond the length a model was trained on. */
public sealed interface RotaryScaling {

  /** The frequency used instead of {@code frequency} (radians per position). */
  float apply(float frequency);

  /** Frequencies as they are. */
  record None() implements RotaryScaling {
    @Override
    public float apply(float frequency) {
      return frequency;
    }
  }

  /** Position interpolation (Chen et al. 2023): all frequencies divided by {@code factor}. */
  record Linear(double factor) implements RotaryScaling {
    @Override
    public float apply(float frequency) {
      return (float) (frequency / factor);
    }
  }

  /**
   * Llama 3.1: short wavelengths stay, long ones are divided by {@code factor}, those between are
   * interpolated.
   *
   * @param factor the stretch of the longest wavelengths
   * @param lowFrequencyFactor wavelengths above {@code originalPositions / lowFrequencyFactor} are
   *     stretched in full
   * @param highFrequencyFactor wavelengths below {@code originalPositions / highFrequencyFactor}
   *     stay
   * @param originalPositions the context length before the stretch, in tokens
   */
  record Llama3(
      double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalPositions)
      implements RotaryScaling {
    @Override
    public float apply(float frequency) {
      double wavelength = 2 * Math.PI / frequency;
      if (wavelength < originalPositions / highFrequencyFactor) {
        return frequency;
      }
      if (wavelength > originalPositions / lowFrequencyFactor) {
        return (float) (frequency / factor);
      }
      double smooth =
          (originalPositions / wavelength - lowFrequencyFactor)
              / (highFrequencyFactor - lowFrequencyFactor);
      return (float) ((1 - smooth) * frequency / factor + smooth * frequency);
    }
  }
}
