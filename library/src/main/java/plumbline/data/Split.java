package plumbline.data;

/** The side of a data set a row is on. */
public enum Split {
  TRAIN,
  TEST
}
